import { Controller, Post, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ChatCompletions } from './chat-completions.ts';

/** `POST /v1/chat/completions`, in OpenAI's wire format. No guard, pipe or interceptor: each would be paid by every request. */
@Controller('v1/chat/completions')
export class ChatCompletionsController {
  constructor(private readonly completions: ChatCompletions) {}

  @Post()
  create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    return this.completions.serve(request, reply);
  }
}
