"""mail queue, leases, language and time zone of receivers"""

import sqlalchemy as sa
from alembic import op

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lease',
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('holder', sa.String(length=36), nullable=False),
    sa.Column('until', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_lease'))
    )
    op.create_table('mail',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('address', sa.String(length=254), nullable=True),
    sa.Column('ids', sa.JSON(), nullable=False),
    sa.Column('language', sa.String(length=10), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_at', sa.BigInteger(), nullable=False),
    sa.Column('lease_holder', sa.String(length=36), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('message_id', sa.String(length=36), nullable=False),
    sa.Column('error', sa.String(length=100), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_mail_account_id_account'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('message_id', name=op.f('uq_mail_message_id'))
    )
    op.create_index('ix_mail_state_next_at', 'mail', ['state', 'next_at'])
    op.create_index(op.f('ix_mail_account_id'), 'mail', ['account_id'])
    # Plain ALTERs: rebuilding a table that others refer to fails on SQLite with foreign keys on.
    for table in ('account', 'person'):
        op.add_column(table, sa.Column('language', sa.String(length=10), nullable=True))
        op.add_column(table, sa.Column('time_zone', sa.String(length=64), nullable=True))


def downgrade() -> None:
    for table in ('person', 'account'):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.drop_column('time_zone')
            batch_op.drop_column('language')
    op.drop_table('mail')
    op.drop_table('lease')
