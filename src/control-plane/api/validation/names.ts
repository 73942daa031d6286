/** What a name, key or value has to look like, in upstream's words (apimachinery's validation). */
export interface NameRule {
  readonly shape: RegExp;
  readonly most: number;
  readonly why: string;
}

export const SUBDOMAIN: NameRule = {
  shape: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  most: 253,
  why: "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
};
export const LABEL: NameRule = {
  shape: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  most: 63,
  why: "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
};
export const LABEL_VALUE: NameRule = {
  shape: /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/,
  most: 63,
  why: "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
};
export const QUALIFIED_NAME: NameRule = {
  shape:
    /^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\/)?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/,
  most: 317,
  why: "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
};
export const DATA_KEY: NameRule = {
  shape: /^[-._a-zA-Z0-9]+$/,
  most: 253,
  why: "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
};

/** Why a text does not follow a rule; empty where it does. */
export function breaches(text: string, { shape, most, why }: NameRule): readonly string[] {
  const tooLong = text.length > most ? [`must be no more than ${most} characters`] : [];
  return shape.test(text) ? tooLong : [...tooLong, why];
}
