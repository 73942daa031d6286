/**
 * The proxy for a URL, as curl and most tools read the environment: http_proxy (lower case
 * alone), https_proxy, all_proxy, and no_proxy with names, suffixes, host:port or `*`.
 * Undefined where the URL is asked directly. Loopback is never asked through a proxy.
 */
export function proxyFor(
  url: URL,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const read = (...names: string[]): string | undefined =>
    names.map((name) => env[name]).find((value) => value !== undefined && value !== "");
  if (isLoopback(url.hostname) || isExcluded(url, read("no_proxy", "NO_PROXY") ?? "")) {
    return undefined;
  }
  // HTTP_PROXY in upper case can be set by a request's "Proxy:" header in CGI programs.
  const own = url.protocol === "https:" ? read("https_proxy", "HTTPS_PROXY") : read("http_proxy");
  const proxy = own ?? read("all_proxy", "ALL_PROXY");
  if (proxy === undefined) return undefined;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`;
}

/** True for the addresses and the name of this machine itself. */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" ||
    hostname === "[::1]" ||
    hostname === "::1" ||
    /^127\.\d+\.\d+\.\d+$/.test(hostname)
  );
}

function isExcluded(url: URL, list: string): boolean {
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  return list.split(/[\s,]+/).some((entry) => {
    if (entry === "") return false;
    if (entry === "*") return true;
    const match = /^(.*?)(?::(\d+))?$/.exec(entry);
    if (match?.[2] !== undefined && match[2] !== port) return false;
    const name = (match?.[1] ?? entry).replace(/^\*?\./, "").toLowerCase();
    return url.hostname === name || url.hostname.endsWith(`.${name}`);
  });
}
