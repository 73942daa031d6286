/** The one version of the interface. */
const VERSION = "v1beta1";

/** Why a registration makes no sense, in the kubelet's words. */
export function refuse({
  version,
  resourceName,
}: {
  readonly version: string;
  readonly resourceName: string;
}): string | undefined {
  if (version !== VERSION) {
    return `requested API version "${version}" is not supported by kubelet. Supported version is ["${VERSION}"]`;
  }
  return isExtendedResource(resourceName)
    ? undefined
    : `the ResourceName "${resourceName}" is invalid`;
}

const LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);
const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;

/** `vendor.com/name`, outside of Kubernetes' own names. */
function isExtendedResource(resource: string): boolean {
  const [domain = "", name = "", ...more] = resource.split("/");
  if (more.length > 0 || domain.length > 253 || !DOMAIN.test(domain) || !NAME.test(name))
    return false;
  return (
    domain !== "kubernetes.io" &&
    !domain.endsWith(".kubernetes.io") &&
    !domain.startsWith("requests.")
  );
}
