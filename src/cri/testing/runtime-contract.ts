import { describe, expect, test } from "bun:test";
import { rejectionOf } from "../../base/testing/mod.ts";
import type { CriClient } from "../client.ts";
import { ContainerState, PodSandboxState } from "../gen/runtime_pb.ts";

/** A runtime to hold to the contract, with one image that has /bin/sh. */
export interface ContractRuntime {
  readonly cri: CriClient;
  readonly image: string;
}

/** What every runtime does, the fake one as well as a real one. `runtime` is asked for in each test. */
export function runRuntimeContract(name: string, runtime: () => ContractRuntime): void {
  const pod = (uid: string) => ({
    metadata: { name: `contract-${uid}`, uid, namespace: "contract", attempt: 0 },
    hostname: "contract",
    logDirectory: `/var/log/pods/contract_${uid}`,
    labels: { contract: uid },
    linux: {},
  });
  const container = (image: string) => ({
    metadata: { name: "main", attempt: 0 },
    image: { image },
    command: ["/bin/sh", "-c", "while :; do sleep 1; done"],
    logPath: "main/0.log",
    linux: {},
  });

  describe(`${name}: CRI contract`, () => {
    test("a pod and its container live and die", async () => {
      const { cri, image } = runtime();
      const config = pod("life");
      const { podSandboxId } = await cri.runtime.runPodSandbox({ config });
      const sandbox = await cri.runtime.podSandboxStatus({ podSandboxId });
      expect(sandbox.status?.state).toBe(PodSandboxState.SANDBOX_READY);
      expect(sandbox.status?.network?.ip).toMatch(/^\d+\.\d+\.\d+\.\d+$/);

      const { containerId } = await cri.runtime.createContainer({
        podSandboxId,
        config: container(image),
        sandboxConfig: config,
      });
      const state = async () => (await cri.runtime.containerStatus({ containerId })).status?.state;
      expect(await state()).toBe(ContainerState.CONTAINER_CREATED);
      await cri.runtime.startContainer({ containerId });
      expect(await state()).toBe(ContainerState.CONTAINER_RUNNING);
      expect(await rejectionOf(cri.runtime.startContainer({ containerId }))).toMatchObject({
        code: "UNKNOWN",
      });
      await cri.runtime.stopContainer({ containerId, timeout: 0n });
      expect(await state()).toBe(ContainerState.CONTAINER_EXITED);
      await cri.runtime.stopContainer({ containerId, timeout: 0n });
      await cri.runtime.removeContainer({ containerId });
      await cri.runtime.removeContainer({ containerId });
      expect(await rejectionOf(state())).toMatchObject({ code: "NOT_FOUND" });

      await cri.runtime.stopPodSandbox({ podSandboxId });
      await cri.runtime.stopPodSandbox({ podSandboxId });
      const stopped = await cri.runtime.podSandboxStatus({ podSandboxId });
      expect(stopped.status?.state).toBe(PodSandboxState.SANDBOX_NOTREADY);
      await cri.runtime.removePodSandbox({ podSandboxId });
      await cri.runtime.removePodSandbox({ podSandboxId });
      expect(await rejectionOf(cri.runtime.podSandboxStatus({ podSandboxId }))).toMatchObject({
        code: "NOT_FOUND",
      });
    });

    test("lists are filtered by label, pod and state", async () => {
      const { cri, image } = runtime();
      const configs = [pod("list-a"), pod("list-b")];
      const ids: string[] = [];
      for (const config of configs) {
        const { podSandboxId } = await cri.runtime.runPodSandbox({ config });
        ids.push(podSandboxId);
        await cri.runtime.createContainer({
          podSandboxId,
          config: container(image),
          sandboxConfig: config,
        });
      }
      const [a = "", b = ""] = ids;
      const labelled = await cri.runtime.listPodSandbox({
        filter: { labelSelector: { contract: "list-b" } },
      });
      expect(labelled.items.map((each) => each.id)).toEqual([b]);
      const inA = await cri.runtime.listContainers({ filter: { podSandboxId: a } });
      expect(inA.containers.map((each) => each.podSandboxId)).toEqual([a]);
      const running = await cri.runtime.listContainers({
        filter: { podSandboxId: a, state: { state: ContainerState.CONTAINER_RUNNING } },
      });
      expect(running.containers).toEqual([]);
      const created = await cri.runtime.listContainers({
        filter: { state: { state: ContainerState.CONTAINER_CREATED } },
      });
      expect(new Set(created.containers.map((each) => each.podSandboxId))).toEqual(new Set([a, b]));
      for (const podSandboxId of ids) {
        await cri.runtime.stopPodSandbox({ podSandboxId });
        await cri.runtime.removePodSandbox({ podSandboxId });
      }
      const left = await cri.runtime.listContainers({ filter: { podSandboxId: a } });
      expect(left.containers).toEqual([]);
    });

    test("what does not exist is NOT_FOUND, or for an image absent", async () => {
      const { cri } = runtime();
      expect(await rejectionOf(cri.runtime.containerStatus({ containerId: "none" }))).toMatchObject(
        {
          code: "NOT_FOUND",
          method: "RuntimeService/ContainerStatus",
        },
      );
      const request = { image: { image: "nodewright.local/none:none" } };
      expect((await cri.image.imageStatus(request)).image).toBeUndefined();
      expect(
        await rejectionOf(cri.runtime.execSync({ containerId: "none", cmd: ["true"] })),
      ).toMatchObject({ code: "NOT_FOUND" });
    });

    test("an aborted call rejects with the signal's reason", async () => {
      const { cri } = runtime();
      const reason = new Error("enough");
      expect(
        await rejectionOf(cri.runtime.version({}, { signal: AbortSignal.abort(reason) })),
      ).toBe(reason);
    });
  });
}
