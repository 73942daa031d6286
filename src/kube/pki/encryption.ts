/** What the API server encrypts Secrets with in its store, as the tutorial names the file. */
export const ENCRYPTION_FILE = "encryption-config.yaml";

/**
 * An EncryptionConfiguration with a new key. The file is made once: with another key the API server
 * could no longer read what it has stored.
 */
export function renderEncryptionConfig(): string {
  const secret = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64");
  return `kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
  - resources:
      - secrets
    providers:
      - aescbc:
          keys:
            - name: key1
              secret: ${secret}
      - identity: {}
`;
}
