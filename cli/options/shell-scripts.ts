/** The shells that completion scripts are for. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/*
 * Each script hands the words up to the cursor to `harvest __complete SHELL WORDS...`, which prints one candidate a line, with a tab and what it
 * is behind it. No line means: the names of files.
 */

// bash splits words at `=` and `:`: what __complete gets is joined again there, what it prints is the part behind them.
const BASH = `# bash completion for harvest
_harvest() {
  local IFS=$'\\n'
  COMPREPLY=($(harvest __complete bash "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} != *= ]] || [[ \${#COMPREPLY[@]} -ne 1 ]] || compopt -o nospace
}
complete -o bashdefault -o default -F _harvest harvest
`;

const ZSH = `#compdef harvest
_harvest() {
  local -a candidates lines
  lines=(\${(f)"$(harvest __complete zsh "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  if (( \${#lines} == 0 )); then _files; return; fi
  local line
  for line in $lines; do candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}"); done
  _describe harvest candidates
}
if [[ "$funcstack[1]" = _harvest ]]; then _harvest "$@"; else compdef _harvest harvest; fi
`;

const FISH = `# fish completion for harvest
function __harvest_complete
  harvest __complete fish (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null
end
complete -c harvest -f -n 'test -n "$(__harvest_complete)"' -a '(__harvest_complete)'
complete -c harvest -F -n 'test -z "$(__harvest_complete)"'
`;

export function shellScript(shell: Shell): string {
  return { bash: BASH, zsh: ZSH, fish: FISH }[shell];
}
