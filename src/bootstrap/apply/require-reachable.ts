import { NodewrightError } from "../../base/mod.ts";
import type { NodeSession } from "./session.ts";

const NO_NAME = ["ENOTFOUND", "EAI_AGAIN", "EAI_NONAME", "DNS_ENOTFOUND"];

/** Rejects where a node does not reach its API server: its kubelet would run and never join. */
export async function requireReachable(session: NodeSession, server: string): Promise<void> {
  if (!URL.canParse(server)) return;
  const { hostname, port, protocol } = new URL(server);
  const host = hostname.replace(/^\[|\]$/g, "");
  const fallback = protocol === "http:" ? 80 : 443;
  const result = await session.request("dial", { host, port: Number(port) || fallback });
  if (result.ok) return;
  const isName = NO_NAME.includes(result.code);
  throw new NodewrightError(
    "kube",
    `Cannot reach the API server from the node: ${server}: ${isName ? "the name does not resolve there" : result.message}`,
    {
      fix: isName
        ? `give ${host} an address in the node's /etc/hosts or its DNS`
        : "check the routes and firewalls between the node and the API server",
    },
  );
}
