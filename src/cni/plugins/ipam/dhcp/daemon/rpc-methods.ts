import { CNI_ERROR, CniError, toCniError } from "../../../../errors.ts";
import { encodeResult } from "../../../../result/encode-result.ts";
import { EMPTY_RESULT } from "../../../../result/types.ts";
import { type CniCommand, COMMANDS } from "../../../../skel/plugin.ts";
import { CURRENT_VERSION } from "../../../../version.ts";
import type { GobValue } from "../rpc/gob-types.ts";
import {
  JSON_REPLY,
  OWN_SERVICE,
  REFERENCE_METHOD,
  RESULT,
  RPC_EMPTY,
  resultToGob,
} from "../rpc/messages.ts";
import type { RpcHandler, RpcReply } from "../rpc/rpc-server.ts";
import type { DhcpService, ServiceCall } from "./dhcp-service.ts";

/**
 * The methods of the daemon: the two of the reference, for its plugin, and one for each operation
 * for our own, which answer with the result or the error as JSON.
 */
export function rpcMethods(service: Pick<DhcpService, "call">): RpcHandler {
  return async (method, args, signal) => {
    const call = readCall(args);
    const own = COMMANDS.find((command) => method === `${OWN_SERVICE}.${command}`);
    if (own !== undefined) return await answerOwn(service, own, { call, signal });
    if (method === REFERENCE_METHOD.ADD) {
      const result = (await service.call("ADD", call, signal)) ?? EMPTY_RESULT;
      return { type: RESULT, value: resultToGob(result) };
    }
    if (method === REFERENCE_METHOD.DEL) {
      await service.call("DEL", call, signal);
      return { type: RPC_EMPTY, value: {} };
    }
    throw new CniError(CNI_ERROR.internal, `rpc: can't find method ${method}`);
  };
}

async function answerOwn(
  service: Pick<DhcpService, "call">,
  command: CniCommand,
  { call, signal }: { readonly call: ServiceCall; readonly signal: AbortSignal },
): Promise<RpcReply> {
  const json = (answer: object): RpcReply => ({
    type: JSON_REPLY,
    value: { JSON: JSON.stringify(answer) },
  });
  try {
    const result = await service.call(command, call, signal);
    return json(result === undefined ? {} : { result: encodeResult(result, CURRENT_VERSION) });
  } catch (thrown) {
    const { code, message, details } = toCniError(thrown);
    return json({ error: { code, msg: message, details } });
  }
}

/** Go leaves out fields that are empty. */
function readCall(args: { readonly [field: string]: GobValue }): ServiceCall {
  const text = (field: string): string => {
    const value = args[field];
    return typeof value === "string" ? value : "";
  };
  const stdin = args["StdinData"];
  return {
    containerId: text("ContainerID"),
    netns: text("Netns"),
    ifName: text("IfName"),
    args: text("Args"),
    stdin: stdin instanceof Uint8Array ? new TextDecoder().decode(stdin) : "",
  };
}
