import net from "node:net";

/** How an attempt to connect ended; `code` is the system's, such as ENOTFOUND or ECONNREFUSED. */
export type DialResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: string; readonly message: string };

/** Connects to a TCP port by name or address and hangs up; never rejects. */
export function dial(host: string, port: number, timeoutMs: number): Promise<DialResult> {
  return new Promise((resolve) => {
    const socket = net.connect({ host, port });
    const end = (result: DialResult): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(
      () => end({ ok: false, code: "ETIMEDOUT", message: "no answer" }),
      timeoutMs,
    );
    socket.once("connect", () => end({ ok: true }));
    socket.once("error", (error: NodeJS.ErrnoException) =>
      end({ ok: false, code: error.code ?? "", message: error.message }),
    );
  });
}
