import { RESPONSE_PASSTHROUGH_METADATA, ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';

/** Whether a handler answers by itself. As Nest decides it: it injects the response, and does not say `passthrough`. */
export function sendsItself(type: Function, method: string): boolean {
  const parameters = Reflect.getMetadata(ROUTE_ARGS_METADATA, type, method) as object | undefined;
  const injectsResponse = Object.keys(parameters ?? {}).some((parameter) => {
    const [kind] = parameter.split(':');
    return kind === String(RouteParamtypes.RESPONSE) || kind === String(RouteParamtypes.NEXT);
  });
  return injectsResponse && Reflect.getMetadata(RESPONSE_PASSTHROUGH_METADATA, type, method) !== true;
}
