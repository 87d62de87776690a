/** What the decorator's guard and interceptor inject: Nest shows this name to who has not imported the module. */
export const FOR_RATE_LIMIT = 'RateLimitModule.forRoot() of @purser/rate-limiting, for @RateLimit';
