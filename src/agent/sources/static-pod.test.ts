import { describe, expect, test } from "bun:test";
import { parseStaticPod } from "./static-pod.ts";

const HEAD = "apiVersion: v1\nkind: Pod\n";
const GOOD = `${HEAD}metadata: {name: web}\nspec:\n  containers:\n  - {name: a, image: busybox}\n`;

describe("parseStaticPod()", () => {
  test("names the pod after its node and fills in what the API would", () => {
    const parsed = parseStaticPod(GOOD, "/m/web.yaml", { nodeName: "Node-0", source: "file" });
    if (!parsed.ok) throw new Error("refused");
    const { metadata, spec } = parsed.value;
    expect(metadata).toMatchObject({ name: "web-node-0", namespace: "default" });
    expect(metadata.uid).toMatch(/^[0-9a-f]{32}$/);
    expect(spec).toMatchObject({ restartPolicy: "Always", terminationGracePeriodSeconds: 30 });
    expect(spec.containers[0]?.imagePullPolicy).toBe("Always");
  });

  test("another content, file or node is another pod", () => {
    const uid = (text: string, file: string, node: string) => {
      const parsed = parseStaticPod(text, file, { nodeName: node, source: "file" });
      return parsed.ok ? parsed.value.metadata.uid : "";
    };
    const uids = [
      uid(GOOD, "/m/a", "n"),
      uid(`${GOOD}\n# more`, "/m/a", "n"),
      uid(GOOD, "/m/b", "n"),
      uid(GOOD, "/m/a", "m"),
    ];
    expect(new Set(uids).size).toBe(4);
    expect(uid(GOOD, "/m/a", "n")).toBe(uids[0] ?? "");
  });

  test.each([
    { text: "", message: "the file holds no object", line: 1 },
    { text: "a: [", message: "", line: 1 },
    { text: "apiVersion: v1\nkind: Service\n", message: "it is not of kind Pod", line: 2 },
    {
      text: `${HEAD}spec: {containers: [{name: a, image: b}]}\n`,
      message: "metadata.name",
      line: 1,
    },
    {
      text: `${HEAD}metadata: {name: x}\nspec: {}\n`,
      message: "spec.containers is empty",
      line: 4,
    },
    {
      text: GOOD.replace(", image: busybox", ""),
      message: 'container "a" has no image',
      line: 6,
    },
    {
      text: `${GOOD}  volumes:\n  - {name: v, secret: {secretName: s}}\n`,
      message: "needs the API server",
      line: 8,
    },
  ])("refuses $message", ({ text, message, line }) => {
    const parsed = parseStaticPod(text, "/m/x.yaml", { nodeName: "n", source: "file" });
    if (parsed.ok) throw new Error("taken");
    expect(parsed.error[0]?.message).toContain(message);
    expect(parsed.error[0]?.locations[0]?.line).toBe(line);
  });
});
