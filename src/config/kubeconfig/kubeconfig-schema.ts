/** kubeconfig, apiVersion v1 kind Config, as client-go of Kubernetes 1.36 reads it. */
import { any, boolean, choice, list, map, object, required, text } from "../schema/schema.ts";

const extensions = list(object({ name: text(), extension: any() }));
const name = required(text({ nonEmpty: true }));
const base64 = (secret: boolean) => text({ format: "base64", secret });

const cluster = object({
  server: required(text({ format: "url", nonEmpty: true })),
  "tls-server-name": text(),
  "insecure-skip-tls-verify": boolean({ default: false }),
  "certificate-authority": text(),
  "certificate-authority-data": base64(false),
  "proxy-url": text(),
  "disable-compression": boolean({ default: false }),
  extensions,
});

const exec = object({
  apiVersion: required(text({ nonEmpty: true })),
  command: required(text({ nonEmpty: true })),
  args: list(text()),
  env: list(object({ name, value: text({ secret: true }) })),
  installHint: text(),
  provideClusterInfo: boolean({ default: false }),
  interactiveMode: choice(["", "Never", "IfAvailable", "Always"]),
});

const user = object({
  "client-certificate": text(),
  "client-certificate-data": base64(false),
  "client-key": text(),
  "client-key-data": base64(true),
  token: text({ secret: true }),
  tokenFile: text(),
  as: text(),
  "as-uid": text(),
  "as-groups": list(text()),
  "as-user-extra": map(list(text())),
  username: text(),
  password: text({ secret: true }),
  "auth-provider": object({ name, config: map(text({ secret: true })) }),
  exec,
  extensions,
});

const context = object({
  cluster: required(text({ nonEmpty: true })),
  user: required(text({ nonEmpty: true })),
  namespace: text(),
  extensions,
});

/** Every key of a kubeconfig file. */
export const kubeconfig = object({
  apiVersion: choice(["v1"]),
  kind: choice(["Config"]),
  preferences: object({ colors: boolean(), extensions }),
  clusters: list(object({ name, cluster: required(cluster) })),
  users: list(object({ name, user: required(user) })),
  contexts: list(object({ name, context: required(context) })),
  "current-context": text(),
  extensions,
});
