import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DescribeQuery } from '../../../edges/http/api-docs.js';
import { POSITION_HEADER } from '../../../edges/http/command-answer.js';
import { CurrentPrincipal } from '../../../edges/http/principal.js';
import { notThere } from '../../../edges/http/problem.js';
import { PathId } from '../../../edges/http/validation.js';
import type { Principal } from '../../../kernel/principal.js';
import { Account, ACCOUNT_PROBLEMS, accountHeaders, EXAMPLE_ACCOUNT } from '../account.http.js';
import { ReadAccountQuery } from './read-account.query.js';

@ApiTags('accounts')
@Controller('v1/accounts')
export class ReadAccountController {
  constructor(@Inject(QueryBus) private readonly queries: QueryBus) {}

  @Get(':accountId')
  @DescribeQuery({
    summary: 'Read an account',
    description: 'Read from the log itself: always current, also while the read models are down.',
    answers: [
      {
        status: 200,
        description: 'The account.',
        type: Account,
        example: EXAMPLE_ACCOUNT,
        headers: { ETag: 'The revision of the account.', 'Ledger-Position': 'The position it is valid at.' },
      },
    ],
    problems: [...ACCOUNT_PROBLEMS, 'event-store-is-unavailable'],
  })
  @ApiParam({ name: 'accountId', format: 'uuid', example: EXAMPLE_ACCOUNT.accountId })
  async read(
    @CurrentPrincipal() principal: Principal,
    @Param('accountId', new PathId('account-must-exist')) accountId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Account> {
    const found = await this.queries.execute(new ReadAccountQuery(principal, accountId));
    if (found === null) throw notThere('account-must-exist');
    const { account, balance } = found;
    void reply.headers({ ...accountHeaders(account), [POSITION_HEADER]: balance.position });
    return { ...account, position: balance.position };
  }
}
