import { lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Logger, messageOf } from "../../base/mod.ts";
import { RpcRefusal, UnixServer } from "../../grpc/mod.ts";
import { type RegisterRequest, Registration } from "../plugin-apis/mod.ts";
import type { DeviceManager } from "./device-manager.ts";

/** The one version of the interface. */
const VERSION = "v1beta1";
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
        const refusal = refuse(request);
        if (refusal !== undefined) {
          log.warn("Cannot take a device plugin", { resource: request.resourceName, refusal });
          throw new RpcRefusal(UNKNOWN, refusal);
        }
        try {
          await manager.connect(request.resourceName, join(directory, request.endpoint));
        } catch (thrown) {
          throw new RpcRefusal(UNKNOWN, messageOf(thrown));
        }
        return {};
      },
    })
    .listen();
}

/** Why a registration makes no sense, in the kubelet's words. */
export function refuse({ version, resourceName, endpoint }: RegisterRequest): string | undefined {
  if (version !== VERSION) {
    return `requested API version "${version}" is not supported by kubelet. Supported version is ["${VERSION}"]`;
  }
  if (!isExtendedResource(resourceName)) return `the ResourceName "${resourceName}" is invalid`;
  // A socket of its own, not one that lies anywhere else.
  return endpoint === "" || endpoint.includes("/") ? `bad endpoint "${endpoint}"` : undefined;
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** `vendor.com/name`, outside of Kubernetes' own names. */
function isExtendedResource(resource: string): boolean {
  const [domain = "", name = "", ...more] = resource.split("/");
  if (more.length > 0 || domain.length > 253 || !DOMAIN.test(domain) || !NAME.test(name))
    return false;
  return (
    domain !== "kubernetes.io" &&
    !domain.endsWith(".kubernetes.io") &&
    !domain.startsWith("requests.")
  );
}
