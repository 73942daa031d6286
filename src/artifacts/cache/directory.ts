import { ArtifactError } from "../errors.ts";

/**
 * Where downloaded and unpacked files are kept: NODEWRIGHT_CACHE, else nodewright under
 * XDG_CACHE_HOME, else ~/.cache/nodewright. Throws kind `cache` where none of them is known.
 */
export function cacheDirectory(env: Readonly<Record<string, string | undefined>>): string {
  const own = env["NODEWRIGHT_CACHE"];
  if (own !== undefined && own !== "") return absolute(own, "NODEWRIGHT_CACHE");
  const xdg = env["XDG_CACHE_HOME"];
  // The XDG base directory specification: a relative path is to be ignored.
  if (xdg?.startsWith("/")) return `${xdg.replace(/\/+$/, "")}/nodewright`;
  const home = env["HOME"];
  if (home?.startsWith("/")) return `${home.replace(/\/+$/, "")}/.cache/nodewright`;
  throw new ArtifactError("cache", "Cannot find the cache directory: HOME is not set", {
    fix: "Set NODEWRIGHT_CACHE to a directory",
  });
}

function absolute(path: string, name: string): string {
  if (path.startsWith("/")) return path.replace(/\/+$/, "") || "/";
  throw new ArtifactError("cache", `Cannot use the cache directory in ${name}: "${path}"`, {
    fix: "Give an absolute path",
  });
}
