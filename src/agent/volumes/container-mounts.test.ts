import { expect, test } from "bun:test";
import { containerMounts } from "./container-mounts.ts";

function mountsOf(recursiveReadOnly: string | undefined) {
  const mount = { name: "v", mountPath: "/v", readOnly: true };
  const volumeMounts = [recursiveReadOnly === undefined ? mount : { ...mount, recursiveReadOnly }];
  return containerMounts(
    { name: "a", volumeMounts },
    {
      volumes: new Map([["v", { path: "/on/the/node" }]]),
      environment: new Map(),
      subPath: ({ volumePath }) => volumePath,
      terminationMessage: { file: "", path: "" },
    },
  );
}

test.each([undefined, "Disabled", "IfPossible"])(
  "recursiveReadOnly %s: a read-only mount",
  (mode) => {
    expect(mountsOf(mode)).toMatchObject([{ containerPath: "/v", readonly: true }]);
  },
);

test("recursiveReadOnly Enabled is refused: submounts would stay writable", () => {
  expect(() => mountsOf("Enabled")).toThrow("it is not supported by the runtime");
});
