import { createReadStream } from "node:fs";
import { NodewrightError, systemClock } from "../base/mod.ts";
import type { CriClient } from "../cri/mod.ts";
import type { CriPort, CriStatus } from "./machine.ts";

const WITHOUT_CRI: CriStatus = {
  runtimeReady: false,
  networkReady: false,
  message: "it has no CRI",
  isAbsent: true,
};

/** CRI over the runtime's socket; a connection for each question, because the runtime is restarted in between. */
export function createCriPort(): CriPort {
  return {
    status: (endpoint, timeoutMs) =>
      withClient(endpoint, async ({ runtime }) => {
        const answer = await runtime
          .status({}, { deadlineMs: timeoutMs })
          .catch((thrown: unknown) =>
            isUnimplemented(thrown) ? undefined : Promise.reject(thrown),
          );
        if (answer === undefined) return WITHOUT_CRI;
        const { status } = answer;
        const conditions = status?.conditions ?? [];
        const isTrue = (type: string): boolean =>
          conditions.some((condition) => condition.type === type && condition.status);
        return {
          runtimeReady: isTrue("RuntimeReady"),
          networkReady: isTrue("NetworkReady"),
          message: conditions
            .filter((condition) => !condition.status)
            .map(({ reason, message }) => `${reason}: ${message}`)
            .join("; "),
        };
      }),
    pods: (endpoint) =>
      withClient(endpoint, async ({ runtime }) =>
        (await runtime.listPodSandbox({})).items.map((pod) => ({
          id: pod.id,
          name: `${pod.metadata?.namespace}/${pod.metadata?.name}`,
          createdAtMs: Number(pod.createdAt / 1_000_000n),
        })),
      ),
    images: (endpoint, references) =>
      withClient(endpoint, async ({ image }) => {
        const present: string[] = [];
        for (const reference of references) {
          const status = await image.imageStatus({ image: { image: reference } });
          if (status.image !== undefined) present.push(reference);
        }
        return present;
      }),
    importImage: (endpoint, { reference, path }, signal) =>
      withClient(endpoint, async (client) => {
        const { importArchive } = await import("../cri/mod.ts");
        const names = await importArchive(client, createReadStream(path), {
          clock: systemClock,
          signal,
        });
        if (names.includes(reference)) return;
        throw new NodewrightError("image", `No image ${reference} in the archive: ${path}`, {
          fix: `name it in nodewright.yaml as it is in the archive: ${names.join(", ") || "none"}`,
        });
      }),
    // Stopping what is stopped and removing what is gone are no errors in CRI.
    removePod: (endpoint, podSandboxId) =>
      withClient(endpoint, async ({ runtime }) => {
        await runtime.stopPodSandbox({ podSandboxId });
        await runtime.removePodSandbox({ podSandboxId });
      }),
  };
}

/** gRPC is loaded only when it is needed: most sessions start nothing. */
async function withClient<T>(
  endpoint: string,
  work: (client: CriClient) => Promise<T>,
): Promise<T> {
  const { createCriClient } = await import("../cri/mod.ts");
  using client = createCriClient({ endpoint });
  return await work(client);
}

/** By its shape: the class itself would load gRPC with it. */
function isUnimplemented(thrown: unknown): boolean {
  return thrown instanceof NodewrightError && "code" in thrown && thrown.code === "UNIMPLEMENTED";
}
