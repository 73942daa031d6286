import { beforeAll, describe, expect, test } from "bun:test";
import { X509Certificate } from "node:crypto";
import { createKey } from "../../../kube/pki/mod.ts";
import { TestAuthority } from "../../../kube/testing/mod.ts";
import { RbacAuthorizer, ruleOf } from "../rbac/mod.ts";
import type { UserInfo } from "../request/mod.ts";
import { MemoryObjects } from "../testing/mod.ts";
import { issueToken, loadTokenKeys, type TokenKeys } from "../tokens/mod.ts";
import {
  bootstrapTokenUser,
  CertificateAuthenticator,
  impersonate,
  RequestAuthenticator,
} from "./mod.ts";

const NOW = Date.parse("2026-12-01T00:00:00Z");
const ISSUER = "https://kubernetes.default.svc.cluster.local";
const base64 = (text: string): string => Buffer.from(text).toString("base64");

function bootstrapSecret(changes: Readonly<Record<string, string>> = {}) {
  const data = {
    "token-id": "abcdef",
    "token-secret": "0123456789abcdef",
    "usage-bootstrap-authentication": "true",
    "auth-extra-groups": "system:bootstrappers:lab",
    expiration: "2026-12-01T01:00:00Z",
    ...changes,
  };
  return {
    metadata: { name: "bootstrap-token-abcdef", namespace: "kube-system" },
    type: "bootstrap.kubernetes.io/token",
    data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
  };
}

describe("bootstrapTokenUser()", () => {
  const TOKEN = "abcdef.0123456789abcdef";
  const find = (changes: Readonly<Record<string, string>>, token = TOKEN) =>
    bootstrapTokenUser(new MemoryObjects({ secrets: [bootstrapSecret(changes)] }), token, NOW);
  test("names the user and the groups of a token", () => {
    expect(find({})).toEqual({
      name: "system:bootstrap:abcdef",
      groups: ["system:bootstrappers", "system:bootstrappers:lab"],
    });
  });
  test.each([
    { "token-secret": "0123456789abcdee" },
    { "token-secret": "" },
    { "token-id": "abcdee" },
    { expiration: "2026-11-30T23:59:59Z" },
    { expiration: "2026-12-01T00:00:00Z" },
    { expiration: "soon" },
    { "usage-bootstrap-authentication": "false" },
    { "usage-bootstrap-authentication": "" },
    { "auth-extra-groups": "system:masters" },
    { "auth-extra-groups": "system:bootstrappers:a,system:nodes" },
  ])("refuses %p", (changes) => {
    expect(find(changes)).toBeUndefined();
  });
  test.each(["", "abcdef", "abcdef.", `${TOKEN}x`, `x${TOKEN}`, TOKEN.toUpperCase(), "../../x.y"])(
    "refuses the token %p",
    (token) => expect(find({}, token)).toBeUndefined(),
  );
  test("refuses a Secret of another type, and one that is being deleted", () => {
    const secret = bootstrapSecret();
    const leaving = { ...secret, metadata: { ...secret.metadata, deletionTimestamp: "x" } };
    for (const one of [{ ...secret, type: "Opaque" }, leaving]) {
      expect(bootstrapTokenUser(new MemoryObjects({ secrets: [one] }), TOKEN, NOW)).toBeUndefined();
    }
  });
});

describe("CertificateAuthenticator", () => {
  let authority: TestAuthority;
  let stranger: TestAuthority;
  beforeAll(async () => {
    const around = { now: new Date(NOW), days: 40 };
    authority = await TestAuthority.create("CA", around);
    stranger = await TestAuthority.create("CA", around);
  });
  const times = { notBefore: new Date(NOW - 1000), notAfter: new Date(NOW + 1000) };
  const der = (pem: string): Uint8Array => new X509Certificate(pem).raw;
  async function identify(
    wanted: Parameters<TestAuthority["issue"]>[0],
    by: { signer?: TestAuthority; now?: number } = {},
  ) {
    const { cert } = await (by.signer ?? authority).issue({ ...times, ...wanted });
    const now = by.now ?? NOW;
    return new CertificateAuthenticator(authority.certificate, () => now).identify([der(cert)]);
  }
  test("takes the common name for the user and organizations for groups", async () => {
    const found = await identify({ commonName: "system:node:n", organization: "system:nodes" });
    expect(found).toMatchObject({
      ok: true,
      value: { name: "system:node:n", groups: ["system:nodes"] },
    });
  });
  test("tells names with control characters from those that only look alike", async () => {
    const found = await identify({ commonName: "a\nO=system:masters" });
    expect(found).toMatchObject({ ok: true, value: { name: "a\nO=system:masters", groups: [] } });
  });
  test("refuses what does not count", async () => {
    const user = { commonName: "u" };
    const reasons = [
      await identify(user, { signer: stranger }),
      await identify({ ...user, usages: ["serverAuth"] }),
      await identify(user, { now: NOW - 2000 }),
      await identify(user, { now: NOW + 2000 }),
    ].map((found) => (found.ok ? "none" : found.error));
    expect(reasons).toEqual([
      "it is not signed by the client CA",
      "it is not for clients",
      "it is not valid yet",
      "it has expired",
    ]);
    const authenticator = new CertificateAuthenticator(authority.certificate, () => NOW);
    expect(authenticator.identify([])).toMatchObject({ ok: false });
    expect(authenticator.identify([Buffer.from("junk")])).toMatchObject({ ok: false });
  });
  test("a certificate that was good is refused once it has expired", async () => {
    const { cert } = await authority.issue({ ...times, commonName: "u" });
    let now = NOW;
    const authenticator = new CertificateAuthenticator(authority.certificate, () => now);
    expect(authenticator.identify([der(cert)]).ok).toBe(true);
    now += 2000;
    expect(authenticator.identify([der(cert)]).ok).toBe(false);
  });
});

describe("RequestAuthenticator", () => {
  let keys: TokenKeys;
  let otherKeys: TokenKeys;
  let authority: TestAuthority;
  beforeAll(async () => {
    keys = loadTokenKeys(await createKey(), []);
    otherKeys = loadTokenKeys(await createKey(), []);
    authority = await TestAuthority.create("CA", { now: new Date(NOW), days: 40 });
  });
  const objects = new MemoryObjects({
    serviceaccounts: [{ metadata: { name: "sa", namespace: "ns", uid: "1" } }],
    secrets: [bootstrapSecret()],
  });
  const make = (anonymous = true) =>
    new RequestAuthenticator({
      ...{ objects, keys, issuers: [ISSUER], audiences: [ISSUER], now: () => NOW, anonymous },
      certificates: new CertificateAuthenticator(authority.certificate, () => NOW),
    });
  const token = (by = keys): string =>
    issueToken(
      {
        ...{ namespace: "ns", serviceAccount: { name: "sa", uid: "1" } },
        ...{ audiences: [ISSUER], expirationSeconds: 600 },
      },
      { keys: by, issuer: ISSUER, id: "j", now: NOW },
    );
  const ask = (authorization?: string, peerCertificates: readonly Uint8Array[] = []) =>
    make().identify({ authorization, peerCertificates });

  test("knows a ServiceAccount, a bootstrap token and nobody", () => {
    expect(ask(`Bearer ${token()}`)).toMatchObject({
      name: "system:serviceaccount:ns:sa",
      groups: ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
    });
    expect(ask("bearer abcdef.0123456789abcdef")?.name).toBe("system:bootstrap:abcdef");
    expect(ask()).toEqual({ name: "system:anonymous", groups: ["system:unauthenticated"] });
    expect(make(false).identify({ authorization: undefined, peerCertificates: [] })).toBe(
      undefined,
    );
  });
  test("a certificate counts before a token, and a bad one never means nobody", async () => {
    const { cert } = await authority.issue({
      ...{ commonName: "u", notBefore: new Date(NOW - 1), notAfter: new Date(NOW + 1000) },
    });
    const raw = new X509Certificate(cert).raw;
    expect(ask(`Bearer ${token()}`, [raw])?.name).toBe("u");
    expect(ask(undefined, [Buffer.from("junk")])).toBeUndefined();
    expect(ask(`Bearer ${token()}`, [Buffer.from("junk")])?.name).toContain("serviceaccount");
  });
  test("a token of another key never counts, nor means nobody", () => {
    expect(ask(`Bearer ${token(otherKeys)}`)).toBeUndefined();
  });
  test("nothing that a fuzzer makes of a token counts, and nothing throws", () => {
    const good = token();
    const refused: string[] = [];
    const authenticator = new RequestAuthenticator({
      ...{ objects, keys, issuers: [ISSUER], audiences: [ISSUER], now: () => NOW },
      ...{ anonymous: true, onRefused: (why: string) => refused.push(why) },
    });
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    const alphabet = 'ABCabc019-_.=+/ {}":\u0000é';
    for (let round = 0; round < 3000; round += 1) {
      const at = random(good.length);
      const piece = alphabet.charAt(random(alphabet.length));
      const cut = random(4);
      const mutated = good.slice(0, at) + piece.repeat(random(3)) + good.slice(at + cut);
      const user = authenticator.identify({
        authorization: `Bearer ${mutated}`,
        peerCertificates: [],
      });
      // The last character of a signature holds bits that are not part of it.
      const isSame = mutated.slice(0, -1) === good.slice(0, -1) && mutated.length === good.length;
      if (mutated !== good && !isSame) expect(user).toBeUndefined();
    }
    const [head = "", payload = "", signature = ""] = good.split(".");
    const forged = [
      `${Buffer.from('{"alg":"none"}').toString("base64url")}.${payload}.`,
      `${Buffer.from('{"alg":"HS256"}').toString("base64url")}.${payload}.${signature}`,
      `${head}.${Buffer.from(`{"iss":"${ISSUER}"}`).toString("base64url")}.${signature}`,
      `${head}.${Buffer.from("null").toString("base64url")}.${signature}`,
      `${head}.${Buffer.from("[]").toString("base64url")}.${signature}`,
      "..",
      "a.b.c",
      "x".repeat(100_000),
    ];
    for (const one of forged) {
      const credentials = { authorization: `Bearer ${one}`, peerCertificates: [] };
      expect(authenticator.identify(credentials)).toBeUndefined();
    }
    expect(refused.join("\n")).not.toContain(signature);
  });
  test.each(["Basic YTpi", "Bearer", "Bearer ", "Token x", "", "é", "Bearer\tx"])(
    "the header %p is no token",
    (authorization) => expect(ask(authorization)?.name).toBe("system:anonymous"),
  );
});

describe("impersonate()", () => {
  const objects = new MemoryObjects({
    clusterroles: [
      {
        metadata: { name: "actor" },
        rules: [
          ruleOf("impersonate core users,groups ann,dev"),
          ruleOf("impersonate core serviceaccounts"),
          ruleOf("impersonate authentication.k8s.io userextras/scope view"),
          ruleOf("impersonate authentication.k8s.io uids"),
        ],
      },
    ],
    clusterrolebindings: [
      {
        metadata: { name: "actor" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "actor" },
        subjects: [{ kind: "User", name: "joe" }],
      },
    ],
  });
  const authorizer = new RbacAuthorizer(objects);
  const JOE: UserInfo = { name: "joe", groups: ["system:authenticated"] };
  const act = (...headers: [string, string][]) => impersonate(authorizer, JOE, headers);
  test("without headers a caller is himself", () => {
    expect(act(["Accept", "x"])).toEqual({ ok: true, value: JOE });
  });
  test.each([
    { headers: [["Impersonate-User", "ann"]], name: "ann", groups: ["system:authenticated"] },
    {
      headers: [
        ["impersonate-user", "ann"],
        ["Impersonate-Group", "dev"],
      ],
      name: "ann",
      groups: ["dev", "system:authenticated"],
    },
    {
      headers: [["Impersonate-User", "system:serviceaccount:ns:sa"]],
      name: "system:serviceaccount:ns:sa",
      groups: ["system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"],
    },
  ])("$name with $groups", ({ headers, name, groups }) => {
    const found = act(...headers.map(([key = "", value = ""]): [string, string] => [key, value]));
    expect(found).toMatchObject({ ok: true, value: { name, groups } });
  });
  test("extra and uid are asked for one by one", () => {
    const user: [string, string] = ["Impersonate-User", "ann"];
    expect(act(user, ["Impersonate-Extra-Scope", "view"], ["Impersonate-Uid", "7"])).toMatchObject({
      ok: true,
      value: { uid: "7", extra: { scope: ["view"] } },
    });
    expect(act(user, ["Impersonate-Extra-Scope", "edit"])).toMatchObject({ ok: false });
    expect(act(user, ["Impersonate-Extra-__proto__", "view"])).toMatchObject({ ok: false });
  });
  test.each([
    ["Impersonate-User", "root"],
    ["Impersonate-User", "system:serviceaccount:NS:sa"],
    ["Impersonate-User", "system:anonymous"],
  ])("%s: %s is forbidden", (header, value) => {
    expect(act([header, value])).toMatchObject({ ok: false, error: { kind: "forbidden" } });
  });
  test("a group alone is a bad request, and system:masters is forbidden", () => {
    const masters: [string, string] = ["Impersonate-Group", "system:masters"];
    expect(act(masters)).toMatchObject({ ok: false, error: { kind: "bad-request" } });
    expect(act(["Impersonate-User", "ann"], masters)).toMatchObject({
      ok: false,
      error: { kind: "forbidden", attributes: { resource: "groups", name: "system:masters" } },
    });
  });
  test("nothing that a fuzzer makes of headers throws, or gives a group that is not allowed", () => {
    let seed = 11;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    const names = [
      "Impersonate-User",
      "Impersonate-Group",
      "impersonate-uid",
      "Impersonate-Extra-%zz",
    ];
    const more = ["IMPERSONATE-EXTRA-scope", "Impersonate-Extra-", "Impersonate-", "X-Remote-User"];
    const values = ["ann", "dev", "view", "", "system:masters", "system:nodes", "system:node:n"];
    const odd = [
      "system:serviceaccount:a:b",
      "system:serviceaccount::",
      "%",
      "\u0000",
      "é",
      "x".repeat(9999),
    ];
    const pick = (from: readonly string[]): string => from[random(from.length)] ?? "";
    const allowed = ["dev", "ann", "system:authenticated", "system:serviceaccounts"];
    for (let round = 0; round < 3000; round += 1) {
      const headers = Array.from({ length: random(5) }, (): [string, string] => [
        pick([...names, ...more]),
        pick([...values, ...odd]),
      ]);
      const found = act(...headers);
      if (!found.ok) continue;
      for (const group of found.value.groups) {
        expect(allowed.includes(group) || group === "system:serviceaccounts:a").toBe(true);
      }
      expect(["joe", "ann", "dev", "system:serviceaccount:a:b"]).toContain(found.value.name);
    }
  });
});
