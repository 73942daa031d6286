import { stringify } from "yaml";

/** What goes into a kubeconfig: PEM texts and names. */
export interface KubeconfigContent {
  readonly server: string;
  readonly authority: string;
  readonly user: string;
  readonly certificate: string;
  readonly key: string;
}

/** Writes a kubeconfig with everything embedded, one cluster, one user, one context named default. */
export function renderKubeconfig(content: KubeconfigContent): string {
  const cluster = "kubernetes-the-hard-way";
  return stringify(
    {
      apiVersion: "v1",
      kind: "Config",
      "current-context": "default",
      clusters: [
        {
          name: cluster,
          cluster: {
            "certificate-authority-data": base64(content.authority),
            server: content.server,
          },
        },
      ],
      contexts: [{ name: "default", context: { cluster, user: content.user } }],
      users: [
        {
          name: content.user,
          user: {
            "client-certificate-data": base64(content.certificate),
            "client-key-data": base64(content.key),
          },
        },
      ],
    },
    { lineWidth: 0 },
  );
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
