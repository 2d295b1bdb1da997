import { Body, Controller, Get, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Page } from '#service';
import {
  accountId, accountPage, type AccountQuery, accountQuery, type AccountView, accountView, type PutAccount, putAccount,
} from './account-api.js'; // prettier-ignore
import { AccountService } from './account.service.js';

@ApiTags('accounts')
@Controller('accounts')
export class AccountController {
  constructor(@Inject(AccountService) private readonly accounts: AccountService) {}

  @Get()
  @ApiOperation({ summary: 'All accounts, in order of their id.' })
  @ApiResponse({ status: 200, standardSchema: accountPage })
  list(@Query({ schema: accountQuery }) query: AccountQuery): Promise<Page<AccountView>> {
    return this.accounts.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Balance in integer cents, and how much of it may not be spent.' })
  @ApiResponse({ status: 200, standardSchema: accountView })
  get(@Param('id', { schema: accountId }) id: string): Promise<AccountView> {
    return this.accounts.get(id);
  }

  @Put(':id')
  @ApiOperation({ summary: 'Sets the balance; opens the account where there is none.' })
  @ApiResponse({ status: 200, standardSchema: accountView })
  put(
    @Param('id', { schema: accountId }) id: string,
    @Body({ schema: putAccount }) { balance }: PutAccount,
  ): Promise<AccountView> {
    return this.accounts.setBalance(id, balance);
  }
}
