export { AnswerTooLargeError, type HttpAnswer } from './answer-reader.ts';
export { HttpConnection, type ConnectionAware } from './http-connection.ts';
export { HttpPool, type HttpPoolOptions, type HttpRequest } from './http-pool.ts';
export { HttpPools, type HttpPoolsOptions } from './http-pools.ts';
export { KnownAnswers, type AnswerStore, type KnownAnswersOptions } from './known-answers.ts';
export { QuotaSpentError, type Quota } from './quota.ts';
