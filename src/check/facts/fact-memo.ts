import type { Problem } from "../../base/mod.ts";
import {
  type ConfigDocument,
  type ContainerdConfig,
  type ContainerdMerge,
  checkUnit,
  containerdConfigOf,
  type EnvironmentInput,
  effectiveKubelet,
  effectiveKubeProxy,
  type KubeletConfig,
  type KubeletSources,
  type KubeProxyConfig,
  type KubeProxySources,
  memoizeParser,
  mergeContainerd,
  mergeUnit,
  type Parsed,
  parseCniConfig,
  parseContainerdConfig,
  parseKubeconfig,
  parseKubeletConfig,
  parseKubeProxyConfig,
  parseToml,
  parseUnit,
  parseYaml,
  type UnitFile,
  unitEnvironment,
} from "../../config/mod.ts";
import { parseVersion } from "../version.ts";
import type { ComponentVersions, VersionedComponent } from "./binaries.ts";
import { CertificateMemo } from "./certificate-memo.ts";
import type { Versions } from "./node-facts.ts";
import type { EffectiveUnit } from "./node-input.ts";
import type { NodeFile } from "./node-tree.ts";

/** Answers by the identity of what they are made of. */
interface Memo<T> extends Map<unknown, Memo<T>> {
  made?: T;
}

function made<T>(memo: Memo<T>, parts: readonly unknown[], make: () => T): T {
  let level = memo;
  for (const part of parts) {
    const next: Memo<T> = level.get(part) ?? new Map();
    level.set(part, next);
    level = next;
  }
  level.made ??= make();
  return level.made;
}

/** What has been parsed and merged so far, by texts: equal ones give the very same models. */
export class FactMemo {
  readonly parsers = {
    containerd: memoizeParser(parseContainerdConfig),
    toml: memoizeParser(parseToml),
    kubelet: memoizeParser(parseKubeletConfig),
    "kube-proxy": memoizeParser(parseKubeProxyConfig),
    kubeconfig: memoizeParser(parseKubeconfig),
    cni: memoizeParser(parseCniConfig),
    crictl: memoizeParser(parseYaml),
    unit: memoizeParser((text: string, file: string) => parseUnit(text, file, { isPartial: true })),
  };
  readonly certificates = new CertificateMemo();
  readonly #units = new Map<string, { unit: UnitFile; problems: readonly Problem[] }>();
  readonly #effective = new WeakMap<UnitFile, Map<string, EffectiveUnit>>();
  readonly #containerds: Memo<Parsed<ContainerdConfig>> = new Map();
  readonly #kubelets: Memo<Parsed<KubeletConfig>> = new Map();
  readonly #proxies: Memo<Parsed<KubeProxyConfig>> = new Map();
  readonly #versions = new Map<string, Versions>();

  /** A unit with its drop-ins; the same object for the same texts. */
  mergedUnit(main: NodeFile, dropIns: readonly NodeFile[]) {
    const key = [main, ...dropIns].map(({ shown, text }) => `${shown}\0${text}`).join("\0");
    let known = this.#units.get(key);
    if (known === undefined) {
      const parsed = [main, ...dropIns].map(({ text = "", shown }) =>
        this.parsers.unit(text, shown),
      );
      const [first, ...rest] = parsed.flatMap(({ value }) => value ?? []);
      if (first === undefined)
        return { unit: undefined, problems: parsed.flatMap((p) => p.problems) };
      const unit = mergeUnit(first, rest);
      known = { unit, problems: [...parsed.flatMap((p) => p.problems), ...checkUnit(unit)] };
      this.#units.set(key, known);
    }
    return known;
  }

  /** A unit with its variables and specifiers put in; the same object for the same texts. */
  effectiveUnit(written: UnitFile, input: EnvironmentInput): EffectiveUnit {
    const environment = unitEnvironment(written, input);
    const key = JSON.stringify([
      [...environment.variables].map(([name, { value, location }]) => [name, value, location]),
      environment.missing,
      environment.isComplete,
      // Only a unit with specifiers differs from one host to the next.
      written.entries.some(({ value }) => value.includes("%")) ? [...input.specifiers] : [],
    ]);
    const ofUnit = this.#effective.get(written) ?? new Map<string, EffectiveUnit>();
    this.#effective.set(written, ofUnit);
    let known = ofUnit.get(key);
    if (known === undefined) {
      known = { unit: written.expandedWith(environment), environment };
      ofUnit.set(key, known);
    }
    return known;
  }

  /** The kubelet's configuration in effect; the same object for the same files and flags. */
  effectiveKubelet(sources: KubeletSources): Parsed<KubeletConfig> {
    const { file, flags, dropIns, name } = sources;
    return made(this.#kubelets, [file, flags, name, ...dropIns], () => effectiveKubelet(sources));
  }

  /** containerd's configuration with its imports; the same object for the same files. */
  effectiveContainerd(
    documents: readonly [ConfigDocument, ...ConfigDocument[]],
    how: ContainerdMerge,
  ): Parsed<ContainerdConfig> {
    return made(this.#containerds, [how, ...documents], () => {
      const { document, problems } = mergeContainerd(documents, how);
      return containerdConfigOf({ value: document, problems });
    });
  }

  /** kube-proxy's configuration in effect; the same object for the same file and flags. */
  effectiveKubeProxy(sources: KubeProxySources): Parsed<KubeProxyConfig> {
    const { file, flags, name } = sources;
    return made(this.#proxies, [file, flags, name], () => effectiveKubeProxy(sources));
  }

  /** The same object for the same versions. */
  versions(texts: ComponentVersions): Versions {
    const key = JSON.stringify(texts);
    let known = this.#versions.get(key);
    if (known === undefined) {
      const entries = Object.entries(texts).flatMap(([component, text]) => {
        const version = parseVersion(text);
        return version === undefined ? [] : [[component, version] as const];
      });
      // cast: the keys are those of `texts`.
      known = Object.fromEntries(entries) as Partial<Record<VersionedComponent, never>>;
      this.#versions.set(key, known);
    }
    return known;
  }
}
