export { catalogue, isErrorCode, type CatalogueEntry, type ErrorCode, type ErrorKind } from './catalogue.ts';
export { DomainError, invalidField, isWireError, notFound, type ErrorDetails, type WireError } from './domain-error.ts';
