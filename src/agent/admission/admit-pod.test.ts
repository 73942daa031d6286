import { expect, test } from "bun:test";
import type { PodSpec } from "../api/mod.ts";
import { admitPod } from "./admit-pod.ts";

const sysctl = (name: string) => ({ securityContext: { sysctls: [{ name, value: "1" }] } });

test.each<{ name: string; spec: Partial<PodSpec>; want: string | undefined }>([
  { name: "takes an ordinary pod", spec: {}, want: undefined },
  { name: "takes a safe sysctl", spec: sysctl("kernel.shm_rmid_forced"), want: undefined },
  { name: "takes one written with slashes", spec: sysctl("net/ipv4/tcp_rmem"), want: undefined },
  {
    name: "takes one that the configuration allows",
    spec: sysctl("net.core.somaxconn"),
    want: undefined,
  },
  { name: "rejects an unsafe one", spec: sysctl("kernel.msgmax"), want: "SysctlForbidden" },
  { name: "rejects another system", spec: { os: { name: "windows" } }, want: "PodOSNotSupported" },
  { name: "rejects user namespaces", spec: { hostUsers: false }, want: "UnexpectedAdmissionError" },
])("admitPod() $name", ({ spec, want }) => {
  const pod = {
    metadata: { name: "p", namespace: "n", uid: "u" },
    spec: { containers: [], ...spec },
  };
  expect(admitPod(pod, { unsafeSysctls: ["net.core.*"], pressures: [] })?.reason).toBe(
    want as string,
  );
});
