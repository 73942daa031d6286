import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { createAuthorityCertificate, createKey, renderKubeconfig } from "../kube/pki/mod.ts";
import { firstExpiry, readExpiries } from "./read-expiries.ts";
import { FakeNode } from "./testing/fake-node.ts";

const node = new FakeNode();
let key = "";
let long = "";
let short = "";
beforeAll(async () => {
  key = await createKey();
  long = await selfSigned("long", "2036-01-01T00:00:00Z");
  short = await selfSigned("short", "2027-01-01T00:00:00Z");
});
afterAll(() => node[Symbol.dispose]());

async function selfSigned(commonName: string, until: string): Promise<string> {
  const notBefore = new Date("2026-01-01T00:00:00Z");
  return createAuthorityCertificate({ commonName }, key, { notBefore, notAfter: new Date(until) });
}

const FIRST = { subject: "short", notAfterMs: Date.parse("2027-01-01T00:00:00Z") };
const kubeconfig = (): string =>
  renderKubeconfig({ server: "https://x", authority: long, user: "u", certificate: short, key });

test.each([
  { what: "a bundle", text: () => long + short },
  { what: "a kubeconfig", text: kubeconfig },
  { what: "a kubeconfig in JSON", text: () => JSON.stringify(Bun.YAML.parse(kubeconfig())) },
  {
    what: "a kubeconfig whose data are folded",
    text: () =>
      kubeconfig().replace(
        /(client-certificate-data:) (.{60})(.{60})/,
        "$1 >-\n      $2\n      $3\n      ",
      ),
  },
])("firstExpiry() of $what is the certificate that ends first", ({ text }) => {
  expect(firstExpiry(text())).toEqual(FIRST);
});

test("firstExpiry() of a file without a readable certificate is none", () => {
  const broken = short.replace(/\n[^\n]{10}/, "\n!!!!!!!!!!");
  for (const text of ["", "maxPods: 110\n", key, broken]) {
    expect(firstExpiry(text)).toBeUndefined();
  }
});

test("readExpiries() reads files of the plan and what a kubelet renews; missing ones are passed over", async () => {
  const put = (path: string, text: string): void => {
    mkdirSync(dirname(node.disk.at(path)), { recursive: true });
    writeFileSync(node.disk.at(path), text);
  };
  put("/var/lib/kubelet/ca.crt", long);
  put("/var/lib/kubelet/pki/kubelet-client-2026.pem", short + key);
  const current = "/var/lib/kubelet/pki/kubelet-client-current.pem";
  symlinkSync("kubelet-client-2026.pem", node.disk.at(current));
  const found = await readExpiries(await node.boot(), ["/var/lib/kubelet/ca.crt", "/etc/none"]);
  expect(found).toEqual([
    {
      path: "/var/lib/kubelet/ca.crt",
      subject: "long",
      notAfterMs: Date.parse("2036-01-01T00:00:00Z"),
    },
    { path: current, ...FIRST },
  ]);
});
