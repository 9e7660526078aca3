"""operators, disabled accounts, and the log of what operators did"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0042'
down_revision = '0041'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('account') as table:
        table.add_column(sa.Column('operator_since', sa.BigInteger(), nullable=True))
        table.add_column(sa.Column('disabled_at', sa.BigInteger(), nullable=True))
        table.add_column(sa.Column('disabled_reason', sa.String(length=200), nullable=False, server_default=''))
    op.create_table(
        'operator_act',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.Column('is_command', sa.Boolean(), nullable=False),
        sa.Column('kind', sa.String(length=30), nullable=False),
        sa.Column('concerns', sa.Integer(), nullable=True),
        sa.Column('details', sa.JSON(), nullable=False),
        sa.Column('at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_operator_act_account_id_account')),
        sa.ForeignKeyConstraint(['concerns'], ['account.id'], name=op.f('fk_operator_act_concerns_account')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_operator_act')),
    )
    for column in ('account_id', 'concerns', 'at'):
        op.create_index(op.f(f'ix_operator_act_{column}'), 'operator_act', [column])


def downgrade() -> None:
    refuse_downgrade_with(
        'SELECT 1 FROM account WHERE disabled_at IS NOT NULL', 'Disabled accounts could sign in again.'
    )
    op.drop_table('operator_act')
    with op.batch_alter_table('account') as table:
        table.drop_column('disabled_reason')
        table.drop_column('disabled_at')
        table.drop_column('operator_since')
