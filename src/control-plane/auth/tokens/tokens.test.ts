import { describe, expect, test } from "bun:test";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { createKey } from "../../../kube/pki/mod.ts";
import { MemoryObjects } from "../testing/mod.ts";
import {
  issueToken,
  jsonWebKeySet,
  loadTokenKeys,
  openIdConfiguration,
  parseToken,
  signToken,
  type TokenSpec,
  verifyServiceAccountToken,
} from "./mod.ts";

const NOW = Date.parse("2026-12-01T00:00:00Z");
const ISSUER = "https://issuer";
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs8", format: "pem" })
  .toString();
const keys = loadTokenKeys(rsa, []);
const SPEC: TokenSpec = {
  ...{ namespace: "ns", serviceAccount: { name: "sa", uid: "1" } },
  ...{ audiences: ["api"], expirationSeconds: 600 },
};
const objects = new MemoryObjects({
  serviceaccounts: [
    { metadata: { name: "sa", namespace: "ns", uid: "1" } },
    {
      metadata: {
        name: "going",
        namespace: "ns",
        uid: "1",
        deletionTimestamp: "2020-01-01T00:00:00Z",
      },
    },
  ],
  pods: [
    { metadata: { name: "p", namespace: "ns", uid: "2" } },
    {
      metadata: {
        name: "ended",
        namespace: "ns",
        uid: "2",
        deletionTimestamp: "2020-01-01T00:00:00Z",
      },
    },
    {
      metadata: {
        name: "ending",
        namespace: "ns",
        uid: "2",
        deletionTimestamp: "2026-11-30T23:59:30Z",
      },
    },
  ],
  secrets: [{ metadata: { name: "s", namespace: "ns", uid: "3" } }],
  nodes: [{ metadata: { name: "n", uid: "4" } }],
});

function verify(changes: Partial<TokenSpec>, options: { now?: number; wanted?: string[] } = {}) {
  const text = issueToken({ ...SPEC, ...changes }, { keys, issuer: ISSUER, id: "j", now: NOW });
  return verifyServiceAccountToken(
    {
      ...{ objects, keys, issuers: [ISSUER], audiences: ["api"] },
      now: () => options.now ?? NOW,
    },
    text,
    options.wanted,
  );
}

describe("verifyServiceAccountToken()", () => {
  test("gives the user with what the token is bound to", () => {
    const found = verify({ pod: { name: "p", uid: "2" }, node: { name: "n", uid: "4" } });
    expect(found).toEqual({
      ok: true,
      value: {
        audiences: ["api"],
        user: {
          name: "system:serviceaccount:ns:sa",
          uid: "1",
          groups: ["system:serviceaccounts", "system:serviceaccounts:ns"],
          extra: {
            "authentication.kubernetes.io/pod-name": ["p"],
            "authentication.kubernetes.io/pod-uid": ["2"],
            "authentication.kubernetes.io/node-name": ["n"],
            "authentication.kubernetes.io/node-uid": ["4"],
            "authentication.kubernetes.io/credential-id": ["JTI=j"],
          },
        },
      },
    });
  });
  test.each<{
    name: string;
    changes: Partial<TokenSpec>;
    now?: number;
    wanted?: string[];
    want: boolean;
  }>([
    { name: "unbound", changes: {}, want: true },
    { name: "to a pod", changes: { pod: { name: "p", uid: "2" } }, want: true },
    { name: "to a pod that ends", changes: { pod: { name: "ending", uid: "2" } }, want: true },
    { name: "to a pod that has ended", changes: { pod: { name: "ended", uid: "2" } }, want: false },
    { name: "to a pod of another UID", changes: { pod: { name: "p", uid: "9" } }, want: false },
    { name: "to a pod that is gone", changes: { pod: { name: "q", uid: "2" } }, want: false },
    { name: "to a secret", changes: { secret: { name: "s", uid: "3" } }, want: true },
    { name: "to a secret that is gone", changes: { secret: { name: "t", uid: "3" } }, want: false },
    { name: "to a node", changes: { node: { name: "n", uid: "4" } }, want: true },
    { name: "to a node made anew", changes: { node: { name: "n", uid: "5" } }, want: false },
    { name: "of no account", changes: { serviceAccount: { name: "x", uid: "1" } }, want: false },
    {
      name: "of an account made anew",
      changes: { serviceAccount: { name: "sa", uid: "2" } },
      want: false,
    },
    {
      name: "of a deleted account",
      changes: { serviceAccount: { name: "going", uid: "1" } },
      want: false,
    },
    { name: "in another namespace", changes: { namespace: "other" }, want: false },
    { name: "for somebody else", changes: { audiences: ["vault"] }, want: false },
    {
      name: "for somebody else who asks",
      changes: { audiences: ["vault"] },
      wanted: ["vault"],
      want: true,
    },
    { name: "for nobody in particular", changes: { audiences: [] }, want: true },
    { name: "expired within the leeway", changes: {}, now: NOW + 650_000, want: true },
    { name: "expired", changes: {}, now: NOW + 661_000, want: false },
    { name: "from the future", changes: {}, now: NOW - 61_000, want: false },
  ])("$name: $want", ({ changes, want, ...options }) => {
    expect(verify(changes, options)?.ok).toBe(want);
  });
  test("a bound object that cannot be read does not make a free token", () => {
    const iat = NOW / 1000;
    for (const pod of ["p", {}, [], { name: 1 }, { uid: "2" }]) {
      const own = { namespace: "ns", serviceaccount: { name: "sa", uid: "1" }, pod };
      const text = signToken(
        { iss: ISSUER, aud: ["api"], exp: iat + 60, "kubernetes.io": own },
        keys.signer,
      );
      const deps = { objects, keys, issuers: [ISSUER], audiences: ["api"], now: () => NOW };
      expect(verifyServiceAccountToken(deps, text)?.ok).toBe(false);
    }
  });
  test("a token without an end is refused", () => {
    const own = { namespace: "ns", serviceaccount: { name: "sa", uid: "1" } };
    const text = signToken({ iss: ISSUER, aud: ["api"], "kubernetes.io": own }, keys.signer);
    const deps = { objects, keys, issuers: [ISSUER], audiences: ["api"], now: () => NOW };
    expect(verifyServiceAccountToken(deps, text)?.ok).toBe(false);
  });
  test("tokens of other issuers are left to others", () => {
    const text = issueToken(SPEC, { keys, issuer: "https://other", id: "j", now: NOW });
    const deps = { objects, keys, issuers: [ISSUER], audiences: ["api"], now: () => NOW };
    expect(verifyServiceAccountToken(deps, text)).toBeUndefined();
  });
});

describe("token keys", () => {
  test.each([
    { name: "RSA", pem: () => rsa, algorithm: "RS256" },
    { name: "P-256", pem: createKey, algorithm: "ES256" },
    {
      name: "P-384",
      pem: () =>
        generateKeyPairSync("ec", { namedCurve: "P-384" })
          .privateKey.export({ type: "pkcs8", format: "pem" })
          .toString(),
      algorithm: "ES384",
    },
  ])("$name signs with $algorithm and is published", async ({ pem, algorithm }) => {
    const own = loadTokenKeys(await pem(), []);
    const token = parseToken(signToken({ a: 1 }, own.signer));
    expect(token).toMatchObject({ ok: true, value: { algorithm, keyId: own.signer.keyId } });
    const [published] = jsonWebKeySet(own).keys;
    expect(published).toMatchObject({ use: "sig", alg: algorithm, kid: own.signer.keyId });
    expect(Object.keys(published ?? {})).not.toContain("d");
    expect(openIdConfiguration(own, ISSUER, "server:6443")).toMatchObject({
      issuer: ISSUER,
      jwks_uri: "https://server:6443/openid/v1/jwks",
      id_token_signing_alg_values_supported: [algorithm],
    });
  });
  test("tokens of a former key count while its public half is given", async () => {
    const former = loadTokenKeys(await createKey(), []);
    const publicPem = createPublicKey(former.signer.key)
      .export({ type: "spki", format: "pem" })
      .toString();
    const text = issueToken(SPEC, { keys: former, issuer: ISSUER, id: "j", now: NOW });
    const deps = { objects, issuers: [ISSUER], audiences: ["api"], now: () => NOW };
    const both = loadTokenKeys(rsa, [publicPem]);
    expect(verifyServiceAccountToken({ ...deps, keys: both }, text)?.ok).toBe(true);
    expect(verifyServiceAccountToken({ ...deps, keys }, text)?.ok).toBe(false);
  });
  test("what is no key is named without its contents", () => {
    expect(() => loadTokenKeys("secret-ish", [])).toThrow(
      "Cannot use the ServiceAccount key: it is not a private key in PEM form",
    );
    expect(() => loadTokenKeys(rsa, ["x"])).toThrow("neither a key nor a certificate");
  });
});
