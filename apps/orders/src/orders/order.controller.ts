import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { Page } from '#service';
import {
  checkedKey, orderId, orderPage, type OrdersQuery, ordersQuery, type OrderView, orderView, type PlacedOrder,
  placedOrder,
} from './order-api.js'; // prettier-ignore
import { type OrderRequest, orderRequest } from './order-request.js';
import { PlaceOrder } from './place-order.js';
import { ReadOrders } from './read-orders.js';

@ApiTags('orders')
@Controller('orders')
export class OrderController {
  constructor(
    @Inject(PlaceOrder) private readonly placing: PlaceOrder,
    @Inject(ReadOrders) private readonly reading: ReadOrders,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({ summary: 'Places an order; its transaction decides it.' })
  @ApiHeader({ name: 'Idempotency-Key', required: false, description: 'A repeated POST is the same order.' })
  @ApiResponse({ status: 202, standardSchema: placedOrder })
  place(
    @Body({ schema: orderRequest }) request: OrderRequest,
    @Headers('idempotency-key') key?: string,
  ): Promise<PlacedOrder> {
    return this.placing.place(request, checkedKey(key));
  }

  @Get()
  @ApiOperation({ summary: 'Orders, newest first.' })
  @ApiResponse({ status: 200, standardSchema: orderPage })
  list(@Query({ schema: ordersQuery }) query: OrdersQuery): Promise<Page<OrderView>> {
    return this.reading.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'PENDING until the outcome of its transaction is set, then CONFIRMED or REJECTED.',
  })
  @ApiResponse({ status: 200, standardSchema: orderView })
  get(@Param('id', { schema: orderId }) id: string): Promise<OrderView> {
    return this.reading.get(id);
  }
}
