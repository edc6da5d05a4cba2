/** Who may talk to the server (alloctrace protocol, "Server rules"). */
export interface GuardPolicy {
  /** `name:port` in lower case: the only Host values that are answered, so that a rebound DNS name gets nothing. */
  readonly hosts: ReadonlySet<string>;
  /** Origins allowed on top of the server's own and, for reading, `null`; `*` allows every origin. */
  readonly cors: readonly string[];
}

/** The headers of a request that the rules look at. */
export interface GuardedRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly contentType: string | undefined;
  /** `Sec-Fetch-Site` and `Sec-Fetch-Mode`: browsers set them, scripts cannot. */
  readonly fetchSite: string | undefined;
  readonly fetchMode: string | undefined;
  /** `Access-Control-Request-Method` of a preflight. */
  readonly preflightMethod: string | undefined;
}

export type GuardVerdict =
  | { readonly allowed: true; readonly corsOrigin?: string }
  | { readonly allowed: false; readonly status: 403 | 415; readonly error: string };

/**
 * Decides whether a request may go on.
 *
 * Cross-origin reads are for the server's own origin and `null` (a page opened from a file) only. Changing state is refused to
 * `null`, because any web site can make a sandboxed frame with that origin; and it needs a JSON content type, which makes
 * a browser ask first instead of sending a form.
 */
export function checkRequest(request: GuardedRequest, policy: GuardPolicy): GuardVerdict {
  const { method, origin } = request;
  const host = normalHost(request.host);
  if (host === undefined || !policy.hosts.has(host))
    return refused(`host ${JSON.stringify(request.host ?? '')} is not served here`);
  const effective = method === 'OPTIONS' ? (request.preflightMethod ?? 'GET') : method;
  const reads = effective === 'GET' || effective === 'HEAD';
  if (origin === undefined) {
    // A page of another site that embeds us (an image, a script) sends no Origin; following a link to us is fine.
    if (request.fetchSite === 'cross-site' && request.fetchMode !== 'navigate') return refused('cross-site request');
  } else if (!originAllowed(origin, reads, policy)) {
    return refused(`origin ${JSON.stringify(origin)} may not ${reads ? 'read' : 'change'} this`);
  }
  if (!reads && method !== 'OPTIONS' && !isJson(request.contentType))
    return { allowed: false, status: 415, error: 'expected the content type application/json' };
  return { allowed: true, ...(origin === undefined ? {} : { corsOrigin: origin }) };
}

function refused(error: string): GuardVerdict {
  return { allowed: false, status: 403, error };
}

function originAllowed(origin: string, reads: boolean, policy: GuardPolicy): boolean {
  if (policy.cors.includes('*') || policy.cors.includes(origin)) return true;
  if (origin === 'null') return reads;
  const match = /^http:\/\/(.+)$/i.exec(origin);
  const host = normalHost(match?.[1]);
  return host !== undefined && policy.hosts.has(host);
}

/** `Name:80` as `name:80`; a missing port is 80. Undefined for what is no host. */
export function normalHost(host: string | undefined): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(\d{1,5}))?$/i.exec(host ?? '');
  return match?.[1] && `${match[1].toLowerCase()}:${Number(match[2] ?? 80)}`;
}

function isJson(contentType: string | undefined): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType ?? '');
}
