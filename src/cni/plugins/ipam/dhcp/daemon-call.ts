import { resolve } from "node:path";
import { CNI_ERROR, CniError } from "../../../errors.ts";
import { decodeResult } from "../../../result/decode-result.ts";
import type { CniResult } from "../../../result/types.ts";
import type { PluginRequest } from "../../../skel/plugin.ts";
import { readSocketPath } from "./ipam-conf.ts";
import {
  CMD_ARGS,
  gobToResultJson,
  NO_SERVICE,
  OWN_SERVICE,
  REFERENCE_METHOD,
} from "./rpc/messages.ts";
import { RpcCallError, RpcClient } from "./rpc/rpc-client.ts";

/** What the daemon answered; `isReference` where it is that of the reference plugins. */
export interface DaemonAnswer {
  readonly result: CniResult | undefined;
  readonly isReference: boolean;
}

/**
 * Hands a call to the daemon. Ours answers with everything; the reference's knows only ADD and DEL,
 * for the others nothing is asked of it. Rejects with RpcUnreachableError where there is none, with
 * CniError where it refuses.
 */
export async function callDaemon(request: PluginRequest): Promise<DaemonAnswer> {
  using client = await RpcClient.connect(readSocketPath(request.conf.ipam));
  const args = { type: CMD_ARGS, value: commandArgs(request) };
  try {
    const reply = await client.call(`${OWN_SERVICE}.${request.command}`, args);
    return { result: readReply(reply["JSON"]), isReference: false };
  } catch (thrown) {
    const isReference = thrown instanceof RpcCallError && thrown.message.startsWith(NO_SERVICE);
    if (!isReference) throw thrown;
  }
  return { result: await callReference(client, request, args), isReference: true };
}

async function callReference(
  client: RpcClient,
  { command }: PluginRequest,
  args: Parameters<RpcClient["call"]>[1],
): Promise<CniResult | undefined> {
  try {
    if (command === "ADD") {
      return decodeResult(gobToResultJson(await client.call(REFERENCE_METHOD.ADD, args)));
    }
    if (command === "DEL") await client.call(REFERENCE_METHOD.DEL, args);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof RpcCallError)) throw thrown;
    throw new CniError(
      CNI_ERROR.internal,
      `Cannot ${command} by the DHCP daemon: ${thrown.message}`,
    );
  }
}

/** The daemon may be in another directory: it gets an absolute path, or none. */
function commandArgs({ containerId, netns, ifName, args, path, stdin }: PluginRequest) {
  return {
    ContainerID: containerId,
    Netns: netns === "" ? "" : resolve(netns),
    IfName: ifName,
    Args: args,
    Path: path.join(":"),
    StdinData: new TextEncoder().encode(stdin),
  };
}

function readReply(text: unknown): CniResult | undefined {
  const { result, error } = JSON.parse(typeof text === "string" ? text : "{}");
  if (error !== undefined) {
    throw new CniError(Number(error.code), String(error.msg), { details: String(error.details) });
  }
  return result === undefined ? undefined : decodeResult(result);
}
