import { describe, expect, test } from "bun:test";
import { inspectCertificate, isIssuedBy, keyMatches } from "../../x509/mod.ts";
import { TestAuthority } from "../testing/mod.ts";

describe("inspectCertificate()", () => {
  test.each([
    { name: "an empty text", pem: "", error: "it is not a certificate in PEM form" },
    {
      name: "a key",
      pem: "-----BEGIN PRIVATE KEY-----",
      error: "it is not a certificate in PEM form",
    },
    {
      name: "rubbish in a PEM",
      pem: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
      error: "its contents cannot be decoded",
    },
  ])("refuses $name", ({ pem, error }) => {
    expect(inspectCertificate(pem)).toEqual({ ok: false, error });
    expect(keyMatches(pem, pem)).toBe(false);
    expect(isIssuedBy(pem, pem)).toBe(false);
  });

  test("reads names with commas, equals signs and letters of other alphabets", async () => {
    const authority = await TestAuthority.create();
    const commonName = "a, b=c 노드";
    const { cert } = await authority.issue({ commonName, organization: "x+y" });
    expect(inspectCertificate(cert)).toMatchObject({
      ok: true,
      value: { commonName, organizations: ["x+y"] },
    });
  });
});
