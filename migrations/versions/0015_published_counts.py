"""the digest of the counts that a pack publishes"""

import json

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('result') as table:
        table.add_column(sa.Column('counts_digest', sa.String(length=64), nullable=True))
    # After a downgrade the journal still has the digests.
    bind = op.get_bind()
    for round_id, body in bind.execute(sa.text("SELECT round_id, body FROM journal WHERE kind = 'counts'")).all():
        bind.execute(
            sa.text('UPDATE result SET counts_digest = :digest WHERE round_id = :round'),
            {'digest': json.loads(bytes(body))['digest'], 'round': round_id},
        )


def downgrade() -> None:
    with op.batch_alter_table('result') as table:
        table.drop_column('counts_digest')
