import { join } from "node:path";
import { Secret } from "../../src/base/mod.ts";
import { FakeApiServer, type FakeApiServerOptions } from "../../src/kube/testing/mod.ts";

/**
 * An API server in memory for a cluster directory, with the certificates that `nodewright pki` has
 * put there; it leaves ending pods to the kubelets, which may be stand-ins. The address must be one
 * that kube-api-server.crt is valid for and that the kubeconfigs name.
 */
export async function startClusterApiServer(
  clusterDir: string,
  at: Pick<FakeApiServerOptions, "host" | "port" | "version">,
): Promise<FakeApiServer> {
  const read = (name: string): Promise<string> => Bun.file(join(clusterDir, name)).text();
  return await FakeApiServer.start({
    podTerminationMs: "kubelet",
    ...at,
    cert: await read("kube-api-server.crt"),
    key: new Secret(await read("kube-api-server.key")),
    clientCa: await read("ca.crt"),
  });
}
