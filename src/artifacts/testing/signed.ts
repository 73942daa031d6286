/**
 * A file with its signatures: minisign 0.11's own output, and a bundle that Sigstore's verifier
 * accepts with this key. Nobody has the private keys.
 */
export const SIGNED = {
  text: "hello artifact\n",
  minisignKey: "RWSb2ptH/KeB+Hr8+uioS43DtBPJQo1sdw6O4bCNoFGHCaQ8SirySDdt",
  otherMinisignKey: "RWQ6Yl5wyNFcl8WuRKTbRzx0ZrJOa8iAzmbSJ5ZqZIArXs7i8Y9uFd4X",
  minisig: `untrusted comment: signature from minisign secret key
RUSb2ptH/KeB+Kk1w4J3AEc7lR4qnCx/xY4/z4JsL1kial0lTcia6flcbrwIRvkz1uTh/yoTkEcRaKPjO6KBys6I/0tN5JIFkww=
trusted comment: file:f version:1
ECML3vr03SNEVGY3hFmVSjGUv+J60tMd10s5VeY07yMknuna7kJfQbXikCEZI/mLPwytN1oJf1clNqIhVXgnDg==
`,
  /** Over the file itself: `minisign -S -l`. */
  oldMinisig: `untrusted comment: signature from minisign secret key
RWSb2ptH/KeB+L1lOIaI+wbItQq/bxrsdDViuUSBHpGCVgk5rV6hWz6XDHvGXr4TwmNvIby4V9mrij2tAlR2tTi16hytt04z4gM=
trusted comment: legacy one
/VvSu2RNDUnO+8oHAtc0WYcZdjyGgEcRNy9xAMiywZoLZRYCPXYigkhweCsvCZsZ81opegIR+/e8X4Gx8RAwDQ==
`,
  cosignKey: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9PuF0NSLES2pQ/OVXdFS4HI0Aku+
Eoyu3Cxf8vYxaOjctRerS/h0hcHd6jbXNCQA8RFffl0wkw1WWxDBT/MOZA==
-----END PUBLIC KEY-----
`,
  bundle: {
    mediaType: "application/vnd.dev.sigstore.bundle.v0.3+json",
    verificationMaterial: { publicKey: { hint: "x" }, tlogEntries: [] },
    messageSignature: {
      messageDigest: {
        algorithm: "SHA2_256",
        digest: "UbwPwfGRBPpuic5Qvpqh9XwzRsHKUatJ9fAOFM6PgHY=",
      },
      signature:
        "MEYCIQCQFmHKA9huLtAv45VqGa8nThw/5T7UrmhjZ0hgE1+MOwIhAKAhT8lKdsvqsT3454Pxdo43zxT/mOdJAI72Dj8XokA2",
    },
  },
} as const;
