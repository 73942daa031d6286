import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, systemClock } from "../../base/mod.ts";
import { parseCidr } from "../../ip/mod.ts";
import type { ApiConnection } from "../../kube/client/mod.ts";
import { TestAuthority } from "../../kube/testing/mod.ts";
import { type ControlPlane, type ControlPlaneSettings, startControlPlane } from "../mod.ts";

const ISSUER = "https://kubernetes.default.svc.cluster.local";

/** A control plane on loopback, with a CA of its own and a store that goes with it. */
export interface TestControlPlane extends AsyncDisposable {
  readonly url: string;
  readonly running: ControlPlane;
  readonly authority: TestAuthority;
  /** A connection as system:masters. */
  readonly admin: ApiConnection;
}

/** Starts a control plane for a test; with `components`, its scheduler and controllers as well. */
export async function createTestControlPlane(
  options: Pick<ControlPlaneSettings, "components"> = {},
): Promise<TestControlPlane> {
  const dataDir = await mkdtemp(join(tmpdir(), "control-plane-"));
  const authority = await TestAuthority.create();
  const serving = await authority.issueServer();
  const stop = new AbortController();
  const range = parseCidr("10.32.0.0/24");
  const address = { family: 4, value: 0x7f000001n } as const;
  const running = await startControlPlane(
    {
      ...{ dataDir, clientCa: authority.certificate, advertise: address },
      ...serving,
      ...options,
      ...{ kubelets: { ...serving, ca: authority.certificate } },
      signing: { cert: authority.certificate, key: authority.key },
      bind: { address: "127.0.0.1", port: 0 },
      serviceCidrs: range.ok ? [range.value] : [],
      nodePorts: { first: 30_000, last: 32_767 },
      serviceAccounts: {
        ...{ issuer: ISSUER, audiences: [ISSUER] },
        ...{ signingKey: authority.key, keys: [] },
      },
    },
    {
      log: createLogger({
        ...{ program: "control-plane", verbosity: 0, processId: process.pid, now: Date.now },
        write: (line) => void process.stderr.write(line),
      }),
      signal: stop.signal,
      clock: systemClock,
    },
  );
  const url = `https://127.0.0.1:${running.port}`;
  return {
    ...{ url, running, authority },
    admin: await authority.connect(url, { name: "admin", group: "system:masters" }),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running[Symbol.asyncDispose]();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
