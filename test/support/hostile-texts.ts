/** Texts that would run, load or disguise something in a page that took them for anything but text. */

const WHOLE = [
  '<script>window.pwned=1</script>',
  '<img src=x onerror="window.pwned=1">',
  '"><svg onload=window.pwned=1>',
  "'-window.pwned=1-'",
  'javascript:window.pwned=1',
  'data:text/html,<script>parent.pwned=1</script>',
  '</script><script>window.pwned=1</script>',
  '</style><style>@import "http://127.0.0.1:9/x"</style>',
  '<iframe srcdoc="<script>parent.pwned=1</script>">',
  '{{constructor.constructor("window.pwned=1")()}}',
  '__proto__',
  'constructor',
  '&lt;img src=x onerror=window.pwned=1&gt;',
  'url(http://127.0.0.1:9/x)',
  '\u202egnp.exe\u0000\u001b[31m',
  `${'x'.repeat(5000)}<b>`,
];
/** Ways out of what a text may stand in, and what would run or load something there. */
const ESCAPES = ['', '">', "'>", '-->', ']]>', '</title>', '</textarea>', '`${'];
const ACTS = [
  '<img src=x onerror=window.pwned=1>',
  '<svg><animate onbegin=window.pwned=1 attributeName=x dur=1s>',
  '<details open ontoggle=window.pwned=1>',
  '<input autofocus onfocus=window.pwned=1>',
  '<video src=//127.0.0.1:9/x onerror=window.pwned=1>',
  '<object data=//127.0.0.1:9/x>',
  '<embed src=//127.0.0.1:9/x>',
  '<link rel=stylesheet href=//127.0.0.1:9/x>',
  '<meta http-equiv=refresh content="0;url=//127.0.0.1:9/x">',
  '<base href=//127.0.0.1:9/>',
  '<form action=//127.0.0.1:9/x><button autofocus>',
  '<a href="javascript:window.pwned=1" autofocus onfocus=window.pwned=1>',
];
/** What a spreadsheet takes for a formula, in a table that is kept as CSV. */
export const FORMULAS = [
  '=HYPERLINK("http://127.0.0.1:9/x","y")',
  "=cmd|' /C calc'!A0",
  '+1+1',
  '-1+1',
  '@SUM(1)',
  '\t=1+1',
  '\r=1+1',
  '\n=1+1',
  '"\r\n=1+1',
  '","=1+1',
  '\uff1d1+1',
];

export const PAYLOADS: readonly string[] = [
  ...WHOLE,
  ...FORMULAS,
  ...ESCAPES.flatMap((out) => ACTS.map((act) => out + act)),
];
