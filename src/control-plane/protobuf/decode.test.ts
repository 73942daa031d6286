import { describe, expect, test } from "bun:test";
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { decodeMessage, openEnvelope } from "./mod.ts";

const CORE = "io.k8s.api.core.v1";

/** A message of these fields: numbers are varints, texts and bytes have a length. */
function message(fields: readonly (readonly [number, number | string | Uint8Array])[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of fields) {
    if (typeof value === "number") writer.tag(number, 0).int64(value);
    else if (typeof value === "string") writer.tag(number, 2).string(value);
    else writer.tag(number, 2).bytes(value);
  }
  return writer.finish();
}

const entry = (key: string, value: string | Uint8Array): Uint8Array =>
  message([
    [1, key],
    [2, value],
  ]);

describe("openEnvelope()", () => {
  test("takes a body out of runtime.Unknown", () => {
    const type = message([
      [1, "apps/v1"],
      [2, "Deployment"],
    ]);
    const raw = message([[1, "x"]]);
    const bytes = new Uint8Array([
      ...[0x6b, 0x38, 0x73, 0x00],
      ...message([
        [1, type],
        [2, raw],
        [4, "application/vnd.kubernetes.protobuf"],
      ]),
    ]);
    expect(openEnvelope(bytes)).toEqual({ apiVersion: "apps/v1", kind: "Deployment", raw });
  });

  test("is none without the magic bytes, and throws where it is cut", () => {
    expect(openEnvelope(new TextEncoder().encode("{}"))).toBeUndefined();
    expect(() => openEnvelope(new Uint8Array([0x6b, 0x38, 0x73, 0x00, 0x0a, 0x7f]))).toThrow();
  });
});

describe("decodeMessage()", () => {
  const cases = [
    {
      name: "maps of text and of bytes",
      id: `${CORE}.ConfigMap`,
      bytes: message([
        [1, message([[1, "a"]])],
        [2, entry("k", "v")],
        [2, entry("l", "w")],
        [3, entry("b", new Uint8Array([1, 2, 3]))],
      ]),
      want: { metadata: { name: "a" }, data: { k: "v", l: "w" }, binaryData: { b: "AQID" } },
    },
    {
      name: "a zero that differs from nothing, and leaves out one that does not",
      id: "io.k8s.api.apps.v1.DeploymentSpec",
      bytes: message([
        [1, 0],
        [5, 0],
      ]),
      want: { replicas: 0 },
    },
    {
      name: "the fields of a part in the message itself",
      id: `${CORE}.Volume`,
      bytes: message([
        [1, "v"],
        [2, message([[6, message([[1, "s"]])]])],
      ]),
      want: { name: "v", secret: { secretName: "s" } },
    },
    {
      name: "quantities, and integers or text",
      id: `${CORE}.ServicePort`,
      bytes: message([
        [2, "TCP"],
        [3, 80],
        [
          4,
          message([
            [1, 1],
            [3, "http"],
          ]),
        ],
      ]),
      want: { protocol: "TCP", port: 80, targetPort: "http" },
    },
    {
      name: "times, and leaves out those that are not set",
      id: "io.k8s.api.coordination.v1.LeaseSpec",
      bytes: message([
        [1, "me"],
        [
          4,
          message([
            [1, 1_764_547_200],
            [2, 5000],
          ]),
        ],
        [3, new Uint8Array()],
      ]),
      want: { holderIdentity: "me", renewTime: "2025-12-01T00:00:00.000005Z" },
    },
    {
      name: "lists as the values of a map",
      id: "io.k8s.api.authorization.v1.SubjectAccessReviewSpec",
      bytes: message([
        [3, "u"],
        [4, "g"],
        [4, "h"],
        [
          5,
          entry(
            "scopes",
            message([
              [1, "a"],
              [1, "b"],
            ]),
          ),
        ],
      ]),
      want: { user: "u", groups: ["g", "h"], extra: { scopes: ["a", "b"] } },
    },
    {
      name: "nothing of fields that are unknown",
      id: `${CORE}.ContainerPort`,
      bytes: message([
        [3, 0],
        [99, "x"],
      ]),
      want: { containerPort: 0 },
    },
  ];
  test.each(cases)("reads $name", ({ id, bytes, want }) => {
    expect(decodeMessage(id, bytes)).toEqual(want);
  });
});
