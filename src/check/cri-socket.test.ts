import { expect, test } from "bun:test";
import { socketPath } from "./cri-socket.ts";

test.each([
  { endpoint: "unix:///run/containerd/containerd.sock", want: "/run/containerd/containerd.sock" },
  {
    endpoint: "unix:///var/run/containerd/containerd.sock",
    want: "/run/containerd/containerd.sock",
  },
  { endpoint: "/var/run//crio/crio.sock", want: "/run/crio/crio.sock" },
  { endpoint: "unix:/run/a.sock", want: "/run/a.sock" },
  { endpoint: "tcp://127.0.0.1:3735", want: undefined },
  { endpoint: "run/containerd.sock", want: undefined },
])("socketPath() of $endpoint", ({ endpoint, want }) => {
  expect(socketPath(endpoint)).toBe(want);
});
