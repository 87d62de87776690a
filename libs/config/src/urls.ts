import { listKind } from './texts.ts';
import { MASK, variable } from './variable.ts';
import type { Declaration, Kind, ValueOf, Variable } from './variable.ts';

interface UrlRules {
  /** The schemes allowed, each with its colon: `['https:', 'http:']`. */
  readonly protocols: readonly string[];
}

/** Options of {@link url}. */
export type UrlOptions = Declaration<string> & UrlRules;
/** Options of {@link urlList}. */
export type UrlListOptions = Declaration<readonly string[]> & UrlRules & { readonly maxItems?: number };

const DEFAULT_MAX_ITEMS = 16;
const USER_INFO = /(\/\/)[^/?#]*@/;
const SECRET_PARAMETER = /([?&][^=&#]*(?:password|passwd|secret|token|key)[^=&#]*=)[^&#]*/gi;

/**
 * A URL with a host. The value is the text as it was given; passwords in it are masked wherever it is shown, also when
 * the variable is not `secret`.
 */
export function url<const O extends UrlOptions>(options: O): Variable<ValueOf<string, O>> {
  return variable(urlKind(options), options);
}

/** URLs with commas between them, as of the servers of a cluster. */
export function urlList<const O extends UrlListOptions>(options: O): Variable<ValueOf<readonly string[], O>> {
  const { maxItems = DEFAULT_MAX_ITEMS } = options;
  const item = urlKind(options);
  return variable(
    listKind('URLs', `${item.allowed}, or up to ${maxItems} of them with commas between`, item, maxItems),
    options,
  );
}

function urlKind({ protocols }: UrlRules): Kind<string> {
  return {
    type: 'URL',
    allowed: `a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
    parse: (text) => (isUrl(text, protocols) ? text : undefined),
    print: String,
    mask: maskUrl,
  };
}

function isUrl(text: string, protocols: readonly string[]): boolean {
  // URL.parse drops tabs, line ends and outer white space; the text is passed on as it is, so they have to be refused.
  if (/\s/.test(text)) return false;
  const parsed = URL.parse(text);
  // A socket folder in a query (`postgresql:///purser?host=/run`) leaves the host empty.
  return (
    parsed !== null && protocols.includes(parsed.protocol) && text.toLowerCase().startsWith(`${parsed.protocol}//`)
  );
}

function maskUrl(text: string): string {
  return text.replace(USER_INFO, `$1${MASK}@`).replace(SECRET_PARAMETER, `$1${MASK}`);
}
