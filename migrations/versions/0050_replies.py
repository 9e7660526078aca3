"""replies to arguments, and the time at which an argument was changed"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0050'
down_revision = '0049'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('argument') as table:
        table.add_column(sa.Column('reply_to_id', sa.Integer(), nullable=True))
        table.add_column(sa.Column('edited_at', sa.BigInteger(), nullable=True))
        table.create_foreign_key(op.f('fk_argument_reply_to_id_argument'), 'argument', ['reply_to_id'], ['id'])
        table.create_index(op.f('ix_argument_reply_to_id'), ['reply_to_id'])


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM argument WHERE reply_to_id IS NOT NULL', 'Earlier versions know no replies.')
    refuse_downgrade_with(
        'SELECT 1 FROM argument WHERE edited_at IS NOT NULL', 'Earlier versions know no changed arguments.'
    )
    with op.batch_alter_table('argument') as table:
        table.drop_index(op.f('ix_argument_reply_to_id'))
        table.drop_constraint(op.f('fk_argument_reply_to_id_argument'), type_='foreignkey')
        table.drop_column('edited_at')
        table.drop_column('reply_to_id')
