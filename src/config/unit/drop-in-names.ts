/** What editors, package managers and people leave on purpose: nobody expects it to count. */
const PUT_ASIDE =
  /^\.|~$|\.(?:swp|bak|backup|old|orig|save|new|off|disabled|md|txt|rpmnew|rpmsave|rpmorig|dpkg-\w+|ucf-\w+)$|^README$/i;

/**
 * The name that systemd would read a file of UNIT.d by; undefined where it has such a name, and for
 * files that were put aside.
 */
export function readableDropInName(name: string): string | undefined {
  if (name.endsWith(".conf") || PUT_ASIDE.test(name)) return undefined;
  return `${name.replace(/\.(?:cfg|conf\.\w+|service|ini|unit)$/i, "")}.conf`;
}

/** Folders that look like those of a unit's drop-ins, and that systemd does not look into. */
export function misnamedDropInFolders(unit: string): readonly string[] {
  const name = unit.slice(0, unit.lastIndexOf("."));
  return [`${name}.d`, `${name}.conf.d`, `${unit}.conf.d`, `${unit}.conf`];
}
