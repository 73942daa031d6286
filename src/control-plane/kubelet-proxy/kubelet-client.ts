import { once } from "node:events";
import https from "node:https";
import type { Duplex } from "node:stream";
import tls from "node:tls";
import { messageOf, type Secret } from "../../base/mod.ts";
import { canonicalAddress } from "../../x509/mod.ts";
import { ApiError } from "../objects/mod.ts";
import type { KubeletAddress } from "./kubelet-address.ts";

/** Whom the API server is to kubelets, and whose serving certificates it believes. All PEM. */
export interface KubeletClientOptions {
  readonly cert: string;
  readonly key: Secret;
  /** Absent where kubelets have certificates of their own making, which nobody can verify. */
  readonly ca?: string;
}

/** Speaks to kubelets as the API server: with its client certificate, and only with whom it believes. */
export class KubeletClient implements Disposable {
  readonly #options: tls.SecureContextOptions & { readonly rejectUnauthorized: boolean };
  readonly #agent: https.Agent;

  constructor({ cert, key, ca }: KubeletClientOptions) {
    this.#options = {
      ...{ cert, key: key.reveal(), rejectUnauthorized: ca !== undefined },
      ...(ca === undefined ? {} : { ca }),
    };
    this.#agent = new https.Agent({ keepAlive: true });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }

  /** Options of a request to a kubelet. */
  requestOptions({ host, port, names }: KubeletAddress): https.RequestOptions {
    return {
      ...this.#options,
      ...{ host, port, agent: this.#agent },
      checkServerIdentity: (_host, certificate) => checkNames(names, certificate),
    };
  }

  /** A connection on which a stream may begin; rejects with a refusal for the caller. */
  async connect({ host, port, names }: KubeletAddress): Promise<Duplex> {
    const socket = tls.connect({
      ...this.#options,
      ...{ host, port, ALPNProtocols: ["http/1.1"] },
      checkServerIdentity: (_host, certificate) => checkNames(names, certificate),
    });
    try {
      await once(socket, "secureConnect");
      return socket;
    } catch (thrown) {
      socket.destroy();
      throw unreachable(`https://${host}:${port}`, thrown);
    }
  }
}

/** Where a kubelet cannot be asked: the message is the one that users of kubectl see. */
export function unreachable(url: string, thrown: unknown): ApiError {
  return new ApiError(
    500,
    "InternalError",
    `Internal error occurred: error dialing backend: ${url}: ${messageOf(thrown)}`,
  );
}

/** A kubelet's certificate has to show its node's name, or one of its node's addresses. */
function checkNames(names: readonly string[], certificate: tls.PeerCertificate): Error | undefined {
  const shown = (certificate.subjectaltname ?? "").split(", ").flatMap((name) => {
    const [, type = "", value = ""] = /^(DNS|IP Address):(.*)$/.exec(name) ?? [];
    return type === "" ? [] : [type === "DNS" ? value.toLowerCase() : canonicalAddress(value)];
  });
  const wanted = names.map((name) => canonicalAddress(name.toLowerCase()));
  if (wanted.some((name) => shown.includes(name))) return undefined;
  return new Error(
    `its certificate is for ${shown.join(", ") || "nothing"}, and not for ${wanted.join(", ")}`,
  );
}
