"""The straightforward way to tell many people something: a cursor over the table of people, and a pool of workers.

As listmonk does it (knadh/listmonk, internal/manager: `last_subscriber_id`, batches of 1,000, `concurrency` workers
that each sleep a second after `message_rate` messages), here in Python with aiohttp. It writes the cursor after each
batch: after a crash a batch comes twice, and nobody knows who got it.
"""

import argparse
import asyncio
import os
import sqlite3

import aiohttp

BATCH, WORKERS = 1_000, 10


async def main() -> None:
    """Send to everybody in the database."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("rate", type=int)
    given = parser.parse_args()
    database = sqlite3.connect(given.database)
    database.execute("CREATE TABLE IF NOT EXISTS campaign (last_subscriber_id TEXT)")
    database.execute("INSERT INTO campaign VALUES ('')")
    database.commit()
    address = f"{os.environ['TELEGRAM_API']}/bot{os.environ['TELEGRAM_BOT_TOKEN']}/sendMessage"
    queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(BATCH)
    async with aiohttp.ClientSession() as session:

        async def work() -> None:
            number = 0
            while True:
                external, text = await queue.get()
                async with session.post(address, json={"chat_id": external, "text": text}) as response:
                    await response.read()
                queue.task_done()
                number += 1
                if number >= max(1, given.rate // WORKERS):
                    number = 0
                    await asyncio.sleep(1)

        workers = [asyncio.create_task(work()) for _ in range(WORKERS)]
        last = ""
        query = "SELECT key, external FROM chat WHERE key > ? AND reachable ORDER BY key LIMIT ?"
        while found := database.execute(query, (last, BATCH)).fetchall():
            for key, external in found:
                await queue.put((external, "Bác nhớ nhé."))
                last = key
            await queue.join()
            database.execute("UPDATE campaign SET last_subscriber_id = ?", (last,))
            database.commit()
        for worker in workers:
            worker.cancel()


asyncio.run(main())
