"""prizes with amounts, their shares, and the rule of a tie"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

COLUMNS = ('prizes', 'currency', 'parents_share', 'arguments_share', 'tie_rule', 'draw_seed')


def upgrade() -> None:
    with op.batch_alter_table('challenge') as table:
        table.add_column(sa.Column('prizes', sa.JSON(), nullable=False, server_default='[]'))
        table.add_column(sa.Column('currency', sa.String(length=3), nullable=False, server_default='EUR'))
        table.add_column(sa.Column('parents_share', sa.Integer(), nullable=False, server_default='30'))
        table.add_column(sa.Column('arguments_share', sa.Integer(), nullable=False, server_default='10'))
        table.add_column(sa.Column('tie_rule', sa.String(length=20), nullable=False, server_default='shared'))
        table.add_column(sa.Column('draw_seed', sa.LargeBinary(length=32), nullable=True))


def downgrade() -> None:
    refuse_downgrade_with(
        "SELECT 1 FROM challenge WHERE CAST(prizes AS VARCHAR) <> '[]'", 'The prizes of a challenge would be lost.'
    )
    with op.batch_alter_table('challenge') as table:
        for name in COLUMNS:
            table.drop_column(name)
