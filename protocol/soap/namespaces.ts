/** Namespace URIs of TR-069a6 section 3.5. */
export const ENVELOPE_NS = 'http://schemas.xmlsoap.org/soap/envelope/';
export const ENCODING_NS = 'http://schemas.xmlsoap.org/soap/encoding/';
export const XSD_NS = 'http://www.w3.org/2001/XMLSchema';
export const XSI_NS = 'http://www.w3.org/2001/XMLSchema-instance';
export const CWMP_NS_STEM = 'urn:dslforum-org:cwmp-1-';

/** The namespaces a CWMP message uses, by the names modemlab gives them. */
export type NamespaceName = 'env' | 'enc' | 'xsd' | 'xsi' | 'cwmp';
