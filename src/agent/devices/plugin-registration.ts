import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, messageOf } from "../../base/mod.ts";
import { RpcRefusal, UnixServer } from "../../grpc/mod.ts";
import { Registration } from "../plugin-apis/mod.ts";
import type { DeviceManager } from "./device-manager.ts";
import { refuse } from "./refuse-plugin.ts";

const UNKNOWN = 2;

/**
 * Takes plugins' registrations on DIRECTORY/kubelet.sock. What plugins of before have left is
 * removed: they see that the socket is a new one, and register again.
 */
export async function servePluginRegistration(
  directory: string,
  { manager, log }: { readonly manager: DeviceManager; readonly log: Logger },
): Promise<UnixServer> {
  await mkdir(directory, { recursive: true, mode: 0o750 });
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if ((await lstat(path)).isSocket()) await rm(path, { force: true });
  }
  return await new UnixServer(join(directory, "kubelet.sock"))
    .serve(Registration, {
      register: async (request) => {
        const { endpoint } = request;
        // A socket beside this one, not one that lies anywhere else.
        const isBeside = endpoint !== "" && !endpoint.includes("/");
        const refusal = refuse(request) ?? (isBeside ? undefined : `bad endpoint "${endpoint}"`);
        if (refusal !== undefined) {
          log.warn("Cannot take a device plugin", { resource: request.resourceName, refusal });
          throw new RpcRefusal(UNKNOWN, refusal);
        }
        try {
          await manager.connect(request.resourceName, join(directory, endpoint));
        } catch (thrown) {
          throw new RpcRefusal(UNKNOWN, messageOf(thrown));
        }
        return {};
      },
    })
    .listen();
}
