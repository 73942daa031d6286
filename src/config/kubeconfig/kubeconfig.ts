import { err, nearest, ok, type Problem, type Result, Secret } from "../../base/mod.ts";
import type { ConfigDocument, Path } from "../document/config-document.ts";
import { parseYaml } from "../document/parse-yaml.ts";
import type { ConfigInput, Parsed } from "../document/source-text.ts";
import type { ConfigReader, Located } from "../schema/config-reader.ts";
import { parseModel } from "../schema/parse-model.ts";
import { kubeconfig } from "./kubeconfig-schema.ts";

/** Parses a kubeconfig. Unknown keys are warnings: client-go ignores them, and others write them. */
export function parseKubeconfig(input: ConfigInput, file: string): Parsed<Kubeconfig> {
  return parseModel(parseYaml(input, file), {
    schema: kubeconfig,
    unknownKeys: "warning",
    isCommand: (path) => path[0] === "users" && path[3] === "exec",
    create: (reader) => new Kubeconfig(reader),
  });
}

/** A program that prints credentials (the `exec` of a user). */
export interface ExecPlugin {
  /** `client.authentication.k8s.io/v1` */
  readonly apiVersion: Located<string>;
  readonly command: Located<string>;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, Secret>>;
  readonly installHint: string | undefined;
  /** The program is told which cluster it is for. */
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: Located<string> | undefined;
}

/** What a client of one context needs: where to go, whom to trust, who it is. */
export interface ResolvedContext {
  readonly context: string;
  readonly cluster: string;
  readonly user: string;
  readonly namespace: Located<string> | undefined;
  readonly server: Located<string>;
  readonly tlsServerName: Located<string> | undefined;
  readonly insecureSkipTlsVerify: Located<boolean> | undefined;
  /** A path, relative to the kubeconfig's own directory where it is relative. */
  readonly caFile: Located<string> | undefined;
  /** PEM text. */
  readonly caData: Located<string> | undefined;
  readonly clientCertificateFile: Located<string> | undefined;
  /** PEM text. */
  readonly clientCertificateData: Located<string> | undefined;
  readonly clientKeyFile: Located<string> | undefined;
  /** PEM text. */
  readonly clientKeyData: Located<Secret> | undefined;
  readonly token: Located<Secret> | undefined;
  readonly tokenFile: Located<string> | undefined;
  readonly username: Located<string> | undefined;
  readonly password: Located<Secret> | undefined;
  /** The command of an exec credential plugin. */
  readonly execCommand: Located<string> | undefined;
  readonly exec: ExecPlugin | undefined;
  readonly authProvider: Located<string> | undefined;
}

/** A kubeconfig: clusters, users, and the contexts that join them. */
export class Kubeconfig {
  readonly #reader: ConfigReader;

  constructor(reader: ConfigReader) {
    this.#reader = reader;
  }

  /** Its plain data holds secrets: never print it. */
  get document(): ConfigDocument {
    return this.#reader.document;
  }
  get currentContext(): Located<string> | undefined {
    return this.#reader.textOrDefault(["current-context"]);
  }
  get contexts(): readonly Located<string>[] {
    return this.#names("contexts");
  }
  get clusters(): readonly Located<string>[] {
    return this.#names("clusters");
  }
  get users(): readonly Located<string>[] {
    return this.#names("users");
  }

  /** The named context (by default the current one) with its cluster and user. */
  resolve(contextName?: string): Result<ResolvedContext, Problem> {
    const wanted = contextName ?? this.currentContext?.value;
    if (wanted === undefined) {
      return err(this.#problem("missing-key", "Missing current-context", ["current-context"]));
    }
    const from: Path = contextName === undefined ? ["current-context"] : [];
    const context = this.#entry("contexts", wanted, from);
    if (!context.ok) return context;
    const contextPath = [...context.value, "context"];
    const cluster = this.#referenced("clusters", [...contextPath, "cluster"]);
    if (!cluster.ok) return cluster;
    const user = this.#referenced("users", [...contextPath, "user"]);
    if (!user.ok) return user;
    const server = this.#reader.textOrDefault([...cluster.value.path, "cluster", "server"]);
    if (server === undefined) {
      const path = [...cluster.value.path, "cluster"];
      return err(this.#problem("missing-key", `Missing server of "${cluster.value.name}"`, path));
    }
    return ok({
      context: wanted,
      cluster: cluster.value.name,
      user: user.value.name,
      namespace: this.#reader.textOrDefault([...contextPath, "namespace"]),
      server,
      ...this.#clusterFields([...cluster.value.path, "cluster"]),
      ...this.#userFields([...user.value.path, "user"]),
    });
  }

  #clusterFields(path: Path) {
    const reader = this.#reader;
    return {
      tlsServerName: reader.textOrDefault([...path, "tls-server-name"]),
      insecureSkipTlsVerify: reader.boolean([...path, "insecure-skip-tls-verify"]),
      caFile: reader.textOrDefault([...path, "certificate-authority"]),
      caData: decoded(reader.textOrDefault([...path, "certificate-authority-data"])),
    };
  }

  #userFields(path: Path) {
    const text = (key: string) => this.#reader.textOrDefault([...path, key]);
    return {
      clientCertificateFile: text("client-certificate"),
      clientCertificateData: decoded(text("client-certificate-data")),
      clientKeyFile: text("client-key"),
      clientKeyData: secret(decoded(text("client-key-data"))),
      token: secret(text("token")),
      tokenFile: text("tokenFile"),
      username: text("username"),
      password: secret(text("password")),
      execCommand: this.#reader.textOrDefault([...path, "exec", "command"]),
      exec: this.#exec([...path, "exec"]),
      authProvider: this.#reader.textOrDefault([...path, "auth-provider", "name"]),
    };
  }

  #exec(path: Path): ExecPlugin | undefined {
    const reader = this.#reader;
    const command = reader.textOrDefault([...path, "command"]);
    const apiVersion = reader.textOrDefault([...path, "apiVersion"]);
    if (command === undefined || apiVersion === undefined) return undefined;
    const variables = Array.from({ length: reader.length([...path, "env"]) }, (_, at) => {
      const text = (key: string): string => reader.text([...path, "env", at, key])?.value ?? "";
      return [text("name"), new Secret(text("value"))] as const;
    });
    return {
      ...{ command, apiVersion },
      args: reader.texts([...path, "args"]).map(({ value }) => value),
      env: Object.fromEntries(variables),
      installHint: reader.textOrDefault([...path, "installHint"])?.value,
      provideClusterInfo: reader.boolean([...path, "provideClusterInfo"])?.value ?? false,
      interactiveMode: reader.textOrDefault([...path, "interactiveMode"]),
    };
  }

  /** Follows a context's `cluster` or `user` to the entry of that name. */
  #referenced(listName: string, path: Path): Result<{ name: string; path: Path }, Problem> {
    const name = this.#reader.textOrDefault(path);
    if (name === undefined) {
      return err(this.#problem("missing-key", `Missing ${path.at(-1)} of the context`, path));
    }
    const entry = this.#entry(listName, name.value, path);
    return entry.ok ? ok({ name: name.value, path: entry.value }) : entry;
  }

  #entry(listName: string, name: string, from: Path): Result<Path, Problem> {
    const index = this.#names(listName).findIndex((entry) => entry.value === name);
    if (index !== -1) return ok([listName, index]);
    const near = nearest(
      name,
      this.#names(listName).map((entry) => entry.value),
    );
    const problem = this.#problem("unknown-reference", `No entry in ${listName}: "${name}"`, from);
    return err({
      ...problem,
      fix: near === undefined ? `add it to ${listName}` : `write "${near}"`,
    });
  }

  /** The names of a list in file order; "" for an entry without one, to keep the indexes. */
  #names(listName: string): readonly Located<string>[] {
    return Array.from({ length: this.#reader.length([listName]) }, (_, i) => {
      const path = [listName, i, "name"];
      const location = this.document.at(path);
      return this.#reader.text(path) ?? { value: "", location, isDefault: true };
    });
  }

  #problem(code: string, message: string, path: Path): Problem {
    return { code, severity: "error", message, locations: [this.document.at(path)] };
  }
}

/** base64 as text; undefined where it is not base64 (`validate` has said so). */
function decoded(field: Located<string> | undefined): Located<string> | undefined {
  if (field === undefined) return undefined;
  try {
    return { ...field, value: Buffer.from(atob(field.value), "latin1").toString("utf8") };
  } catch {
    return undefined;
  }
}

function secret(field: Located<string> | undefined): Located<Secret> | undefined {
  return field === undefined ? undefined : { ...field, value: new Secret(field.value) };
}
