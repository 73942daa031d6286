import type { RuntimeContainer, RuntimeSandbox } from "./runtime-state.ts";

/** A container of a test: what it does not say is of a main container that runs. */
export function testContainer(fields: Partial<RuntimeContainer> = {}): RuntimeContainer {
  const name = fields.name ?? "main";
  return {
    id: `${name}-${fields.restartCount ?? 0}`,
    name,
    sandboxId: "sandbox-0",
    restartCount: 0,
    state: "running",
    createdAt: 1000,
    startedAt: 1000,
    finishedAt: 0,
    exitCode: 0,
    reason: "",
    message: "",
    image: "img",
    imageRef: "sha256:img",
    hash: "",
    annotations: {},
    logPath: "",
    ...fields,
  };
}

/** A ready sandbox of a test. */
export function testSandbox(fields: Partial<RuntimeSandbox> = {}): RuntimeSandbox {
  return {
    id: "sandbox-0",
    attempt: 0,
    ready: true,
    createdAt: 500,
    ips: ["10.0.0.2"],
    hostNetwork: false,
    ...fields,
  };
}
