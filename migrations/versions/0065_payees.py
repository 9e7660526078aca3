"""name and address of payees, and when an entry of the ledger was written"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0065'
down_revision = '0063'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'payee',
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('encrypted', sa.Text(), nullable=False),
        sa.Column('saves', sa.Integer(), nullable=False),
        sa.Column('saved_at', sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_payee_person_id_person')),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_payee')),
    )
    # Of entries that the clock dated back it is not known any more; they count from their date, as before.
    with op.batch_alter_table('due_entry') as table:
        table.add_column(sa.Column('written_at', sa.BigInteger(), nullable=True))
    op.execute('UPDATE due_entry SET written_at = at')
    with op.batch_alter_table('due_entry') as table:
        table.alter_column('written_at', existing_type=sa.BigInteger(), nullable=False)


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM payee', 'Names and addresses of people who are owed money would be lost.')
    with op.batch_alter_table('due_entry') as table:
        table.drop_column('written_at')
    op.drop_table('payee')
