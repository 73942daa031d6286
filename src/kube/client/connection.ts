import type { Secret } from "../../base/mod.ts";

/** All that is needed to speak to one API server as one user; PEM texts, not paths. */
export interface ApiConnection {
  /** `https://HOST:PORT`, a path prefix allowed; `http://` for tests and local proxies. */
  readonly server: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Secret;
  readonly token?: Secret;
  readonly insecureSkipTlsVerify?: boolean;
  /** The name that the server's certificate has to be valid for, where not the URL's host. */
  readonly tlsServerName?: string;
  /** Where this came from, for error messages: a kubeconfig's path. */
  readonly source?: string;
}

/** A connection whose credentials may change while a client uses it. */
export interface ConnectionSource {
  readonly server: string;
  /** As it is now; cheap enough to be asked before each request. */
  current(): Promise<ApiConnection>;
  /** The server has answered 401 to these credentials. */
  refused(): void;
}
