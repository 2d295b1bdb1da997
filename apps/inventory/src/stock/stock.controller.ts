import { Body, Controller, Get, Inject, Param, Put, Query } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Page } from '#service';
import {
  type PutStock, putStock, sku, stockPage, type StockQuery, stockQuery, type StockView, stockView,
} from './stock-api.js'; // prettier-ignore
import { StockService } from './stock.service.js';

@ApiTags('stock')
@Controller('stock')
export class StockController {
  constructor(@Inject(StockService) private readonly stock: StockService) {}

  @Get()
  @ApiOperation({ summary: 'All stock, in order of the sku.' })
  @ApiResponse({ status: 200, standardSchema: stockPage })
  list(@Query({ schema: stockQuery }) query: StockQuery): Promise<Page<StockView>> {
    return this.stock.list(query);
  }

  @Get(':sku')
  @ApiOperation({ summary: 'How much there is of a sku, and how much of it nobody was promised.' })
  @ApiResponse({ status: 200, standardSchema: stockView })
  get(@Param('sku', { schema: sku }) name: string): Promise<StockView> {
    return this.stock.get(name);
  }

  @Put(':sku')
  @ApiOperation({ summary: 'Says how much is on hand; 409 when more is reserved.' })
  @ApiResponse({ status: 200, standardSchema: stockView })
  put(
    @Param('sku', { schema: sku }) name: string,
    @Body({ schema: putStock }) { onHand }: PutStock,
  ): Promise<StockView> {
    return this.stock.setOnHand(name, onHand);
  }
}
