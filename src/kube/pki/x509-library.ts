// The library's dependency injection needs the Reflect metadata functions before it loads. Twice: the
// bundler keeps the order of modules, Bun itself that of packages; neither alone is enough for the other.
import "./reflect-metadata.ts";
import "reflect-metadata";

/** `@peculiar/x509`, as far as it is used here: import it from nowhere else. */
export {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  type JsonGeneralNames,
  type JsonName,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
