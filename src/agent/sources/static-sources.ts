import type { Clock, Logger } from "../../base/mod.ts";
import type { Pod } from "../api/mod.ts";
import type { AgentSettings } from "../config/mod.ts";
import type { PodSet } from "./pod-set.ts";
import { watchStaticPods } from "./static-directory.ts";
import { pollStaticPods } from "./static-url.ts";

/** What following the sources takes. */
export interface StaticDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Static pods of the directory and of the URL, as far as there are any, as one set. */
export class StaticSources {
  readonly #set: PodSet;
  /** What each source has; undefined: it was not read yet. */
  readonly #pods = new Map<"directory" | "url", readonly Pod[] | undefined>();

  constructor(set: PodSet) {
    this.#set = set;
  }

  /** True once every source has spoken. */
  get areRead(): boolean {
    return [...this.#pods.values()].every((pods) => pods !== undefined);
  }

  /** Follows the sources until the signal. */
  watch(settings: AgentSettings, deps: StaticDeps): Promise<void>[] {
    const { nodeName, paths, pods } = settings;
    const work: Promise<void>[] = [];
    if (paths.staticPods !== undefined) {
      const source = { path: paths.staticPods, nodeName, checkMs: pods.staticCheckMs, ...deps };
      work.push(watchStaticPods(source, this.#take("directory")));
    }
    if (pods.staticUrl !== undefined) {
      work.push(pollStaticPods({ ...pods.staticUrl, nodeName, ...deps }, this.#take("url")));
    }
    return work;
  }

  #take(source: "directory" | "url"): (pods: readonly Pod[]) => void {
    this.#pods.set(source, undefined);
    return (pods) => {
      this.#pods.set(source, pods);
      this.#set.replace([...this.#pods.values()].flatMap((all) => all ?? []));
    };
  }
}
